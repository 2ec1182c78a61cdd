"""Several processes in one training (torchrun): each has its part of the global batch, and all have the same weights.

What one process would have computed is what they compute together, but for the rounding of sums: gradients and losses
are means over all, batch normalisation sees the whole batch, and random numbers are drawn for the whole batch by each
(draws.py). A loss that compares sequences of a batch with each other cannot be shared out like that: the file of such a
system says WHOLE_BATCH = True, and params.py refuses `gpus`.
"""

import os
import signal
from collections.abc import Iterable

import torch
from torch import Tensor, distributed, nn
from torch.nn import Parameter
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from latentmotion.core.errors import UserError


def rank() -> int:
    return int(os.environ.get("RANK", 0))


def processes() -> int:
    return int(os.environ.get("WORLD_SIZE", 1))


def start(device: torch.device) -> None:
    """Joins the other processes where torchrun started several; alone, does nothing."""
    if processes() == 1 or distributed.is_initialized():
        return
    if device.type == "cuda":
        if processes() > torch.cuda.device_count():
            raise UserError(
                f"models.*.gpus: {processes()}, and this job may use {torch.cuda.device_count()} GPUs; lower it"
            )
        torch.cuda.set_device(device)
    # Nothing is to be saved yet: a SIGTERM while it waits for the others, as when one has failed, ends it at once.
    noted = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    wait()
    signal.signal(signal.SIGTERM, noted)


def stop() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


def wait() -> None:
    """Until all processes have come here."""
    if processes() > 1:
        distributed.barrier()


def part(count: int) -> slice:
    """Which of the `count` rows of a whole batch are this process's."""
    own = count // processes()
    return slice(rank() * own, (rank() + 1) * own)


def gathered(x: Tensor) -> Tensor:
    """The rows (B, ...) of all processes, as the whole batch has them. Carries no gradient."""
    if processes() == 1:
        return x
    parts = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in range(processes())]
    distributed.all_gather(parts, x.detach().contiguous())
    return torch.cat(parts)


def average_gradients(parameters: Iterable[Parameter]) -> None:
    """Replaces each gradient by its mean over the processes."""
    gradients = [parameter.grad for parameter in parameters]
    if processes() == 1 or not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= processes()
    for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def mean(values: dict[str, Tensor]) -> dict[str, Tensor]:
    """Scalars by name -> their means over the processes."""
    if processes() == 1:
        return values
    flat = torch.stack([value.float() for value in values.values()])
    distributed.all_reduce(flat)
    return dict(zip(values, (flat / processes()).unbind(), strict=True))


def first_says(flag: bool, device: torch.device) -> bool:
    """The first process's flag: what it decides by its clock or a signal, all do at the same step."""
    if processes() == 1:
        return flag
    said = torch.tensor(float(flag), device=device)
    distributed.broadcast(said, 0)
    return bool(said)


def synchronise(network: nn.Module) -> None:
    """Lets batch normalisation in training take its statistics from the whole batch. Alone, does nothing.

    torch.nn.SyncBatchNorm does so on GPUs only.
    """
    if processes() > 1:
        for module in network.modules():
            if isinstance(module, BatchNorm):
                module.forward = _WholeBatchNorm(module)


class _WholeBatchNorm:
    """Stands in for the `forward` of a batch normalisation."""

    def __init__(self, norm: BatchNorm):
        self.norm = norm

    def __call__(self, x: Tensor) -> Tensor:
        norm = self.norm
        if not norm.training:
            return type(norm).forward(norm, x)
        dims, shape = [d for d in range(x.ndim) if d != 1], [1, -1, *[1] * (x.ndim - 2)]
        values = x.float()
        count = x.new_tensor(x.numel() // x.shape[1], dtype=torch.float32)  # may differ, where frames are hidden
        distributed.all_reduce(count)
        centre = _Sum.apply(values.sum(dims)) / count
        centred = values - centre.view(shape)
        variance = _Sum.apply(centred.square().sum(dims)) / count
        self._remember(centre.detach(), variance.detach(), count)
        y = centred * (variance + norm.eps).rsqrt().view(shape)
        if norm.affine:
            y = y * norm.weight.view(shape) + norm.bias.view(shape)
        return y.to(x.dtype)

    def _remember(self, centre: Tensor, variance: Tensor, count: Tensor) -> None:
        """Moving averages as torch keeps them: of the unbiased variance."""
        norm = self.norm
        norm.num_batches_tracked += 1
        norm.running_mean.lerp_(centre, norm.momentum)
        norm.running_var.lerp_(variance * count / (count - 1), norm.momentum)


class _Sum(torch.autograd.Function):
    """The sum over the processes of a tensor, through which the losses of all send gradients back to each."""

    @staticmethod
    def forward(context, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient.contiguous())
