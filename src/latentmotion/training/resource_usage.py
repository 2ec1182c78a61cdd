"""The resources that a job used, for its record: core hours, GPU hours, memory, and sequences per second."""

import platform
import resource
from pathlib import Path

import torch

from latentmotion.core import parallel
from latentmotion.core.processor import processor

MB = 1e6


def used(seconds: float, device: torch.device, sequences: int | None = None) -> dict:
    """The entries `seconds`, `machine` and `cost` of a record.

    Cores and GPUs are counted for the whole duration of the job, also while they are idle. GPU hours are 0 on a CPU.
    Memory is the peak of this process, which is the first one of a training in several processes. The time that an
    interrupted attempt spent after its last checkpoint is not counted.

    Arguments:
        seconds: the duration of all attempts together.
        sequences: how many sequences were learnt from, where a repeated sequence counts each time; None for a job that
            learns nothing.
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
    """The hardware and software of a job. Host names and user names are left out."""
    return {
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else processor(),
        "threads": torch.get_num_threads(),
        "allocator": _allocator(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _allocator() -> str:
    """The library that allocates the memory of this process: a loaded one with malloc in its name, or the C library."""
    mapped = Path("/proc/self/maps")  # the files in the memory of this process
    words = mapped.read_text(encoding="utf-8").split() if mapped.is_file() else []
    return next((Path(word).name for word in words if "malloc" in Path(word).name), "C library")
