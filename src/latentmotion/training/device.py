"""Device, threads and precision of one job."""

import contextlib
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from latentmotion.core import parallel
from latentmotion.core.errors import UserError


def choose(name: str) -> torch.device:
    """auto: the GPU of this process where there is one, else the CPU."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: this machine has no GPU that torch can use; ask for cpu or auto")
    if name not in ("cpu", "cuda"):
        raise UserError(f"--device {name}: unknown; known: auto, cpu, cuda")
    return torch.device("cuda", parallel.rank() % torch.cuda.device_count()) if name == "cuda" else torch.device("cpu")


def set_threads(threads: int) -> None:
    """Results on a CPU are equal bit by bit only at equal thread counts, so the count is a parameter."""
    torch.set_num_threads(threads)


def autocast(device: torch.device, precision: str) -> Callable[[], contextlib.AbstractContextManager]:
    """A context for forward passes: bfloat16 where the setting says so, float32 otherwise."""
    return partial(torch.autocast, device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def channels_last(network: nn.Module) -> None:
    """Stores convolution weights with channels innermost, which CPUs and tensor cores read faster."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(memory_format=torch.channels_last)
        elif isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)
