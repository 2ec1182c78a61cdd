"""What a device can do: its rate in matrix products, and the memory that a computation needs on it."""

import gc
import time

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


def synchronise(device: torch.device) -> None:
    """Returns when a GPU has finished all work that it was given; a CPU never has such work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matrix_rate(device: torch.device, dtype: torch.dtype, side: int | None = None) -> float:
    """FLOP/s of a product of two square matrices, the best of ten after one that is not counted.

    Arguments:
        side: the number of rows; by default 8192 on a GPU and 512 on a CPU.
    """
    side = side or (8192 if device.type == "cuda" else 512)
    a = torch.randn(side, side, device=device).to(dtype)
    seconds = []
    for _ in range(11):
        synchronise(device)
        start = time.perf_counter()
        a @ a
        synchronise(device)
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / min(seconds[1:])


def start_of_peak(device: torch.device) -> None:
    """Frees the memory of a GPU that nothing uses, and starts to measure its peak again."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: torch.device) -> int | None:
    """The largest number of bytes in use on a GPU since `start_of_peak`; None on a CPU, where it is not measured."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None


class OperationCount(TorchDispatchMode):
    """Inside this context, `flop` counts the operations of matrix products and convolutions, backward passes included.

    torch.utils.flop_counter.FlopCounterMode counts the same by module, and for this it needs hooks that fail where a
    loss contains a gradient, as that of R-WAE does.
    """

    def __init__(self):
        super().__init__()
        self.flop = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        if formula := flop_registry.get(function._overloadpacket):
            self.flop += formula(*args, **kwargs, out_val=result)
        return result
