"""What a job took, for its record: hours of cores and GPUs, memory, sequences a second."""

import platform
import resource

import torch

from latentmotion.core import parallel

MB = 1e6


def took(seconds: float, device: torch.device, sequences: int | None = None) -> dict:
    """The entries `seconds`, `machine` and `cost` of a record.

    Cores and GPUs count while the job has them, busy or not; 0 GPU hours on a CPU. Memory is the peak of this process,
    the first of several. Time that an interrupted attempt spent after its last checkpoint is lost to the count too.

    Arguments:
        seconds: all attempts together.
        sequences: that were learnt from, a sequence as often as it was; None where nothing is learnt.
    """
    on_gpu = device.type == "cuda"
    processes = parallel.processes()
    cost = {
        "processes": processes,
        "gpus": processes if on_gpu else 0,
        "gpu_hours": round(seconds * processes / 3600, 6) if on_gpu else 0,
        "core_hours": round(seconds * processes * torch.get_num_threads() / 3600, 6),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB),
    }
    if on_gpu:
        cost["gpu_memory_mb"] = round(torch.cuda.max_memory_allocated() / MB)
    if sequences is not None:
        cost["sequences_per_second"] = round(sequences / max(seconds, 1e-3), 2)
    return {"seconds": round(seconds, 1), "machine": machine(str(device)), "cost": cost}


def machine(device: str = "cpu") -> dict:
    """What a job ran on: allow-listed facts only, no names and no environment."""
    return {
        "device": torch.cuda.get_device_name()
        if device.startswith("cuda")
        else platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
