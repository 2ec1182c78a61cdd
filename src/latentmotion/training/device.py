"""The device, the number of threads and the precision of a job."""

import contextlib
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from latentmotion.core import parallel
from latentmotion.core.errors import UserError


def choose(name: str) -> torch.device:
    """The device of this process. "auto" is the GPU where there is one, else the CPU.

    Raises UserError for an unknown name and for "cuda" on a machine without a GPU.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: this machine has no GPU that torch can use; use cpu or auto")
    if name not in ("cpu", "cuda"):
        raise UserError(f"--device {name}: unknown; known: auto, cpu, cuda")
    return torch.device("cuda", parallel.rank() % torch.cuda.device_count()) if name == "cuda" else torch.device("cpu")


def set_threads(threads: int) -> None:
    """Sets the number of threads, which is a parameter because it changes the last bits of results on a CPU."""
    torch.set_num_threads(threads)


def autocast(device: torch.device, precision: str) -> Callable[[], contextlib.AbstractContextManager]:
    """A context manager for forward passes: in bfloat16 where `precision` is "bfloat16", else in float32."""
    return partial(torch.autocast, device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def channels_last(network: nn.Module) -> None:
    """Stores convolution weights with the channels innermost, which is faster on CPUs and on tensor cores."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(memory_format=torch.channels_last)
        elif isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)
