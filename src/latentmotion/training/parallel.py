"""Several processes in one training (torchrun): each takes every n-th sequence of the global batch."""

import os
from collections.abc import Iterable

import torch
from torch import distributed
from torch.nn import Parameter


def rank() -> int:
    return int(os.environ.get("RANK", 0))


def processes() -> int:
    return int(os.environ.get("WORLD_SIZE", 1))


def start(device: torch.device) -> None:
    """Joins the other processes where torchrun started several; alone, does nothing."""
    if processes() > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")


def stop() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


def average_gradients(parameters: Iterable[Parameter]) -> None:
    """Replaces each gradient by its mean over the processes."""
    if processes() == 1:
        return
    for parameter in parameters:
        distributed.all_reduce(parameter.grad)
        parameter.grad /= processes()
