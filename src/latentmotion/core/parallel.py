"""One training in several processes (torchrun): each computes a part of the batch, and all have the same weights.

Together they compute what one process would compute, except for the rounding of sums: gradients and losses are means
over all processes, batch normalisation uses statistics of the whole batch, and each process draws the random numbers
of the whole batch (parallel_random.py). A loss that compares the sequences of a batch with each other cannot be
computed in parts: the file of such a system has WHOLE_BATCH = True, and the setting `gpus` is refused for it.
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
    """The number of this process; the first is 0."""
    return int(os.environ.get("RANK", 0))


def processes() -> int:
    """How many processes share this training."""
    return int(os.environ.get("WORLD_SIZE", 1))


def start(device: torch.device) -> None:
    """Connects this process with the others of the training; a single process does nothing."""
    if processes() == 1 or distributed.is_initialized():
        return
    if device.type == "cuda":
        if processes() > torch.cuda.device_count():
            raise UserError(
                f"models.*.gpus: {processes()}, and this job may use {torch.cuda.device_count()} GPUs; lower it"
            )
        torch.cuda.set_device(device)
    # There is no state to save yet, so a SIGTERM ends the process at once while it waits for the others. This happens
    # when another process has failed.
    previous = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    wait()
    signal.signal(signal.SIGTERM, previous)


def stop() -> None:
    """Closes the connection with the other processes."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def wait() -> None:
    """Returns when all processes have called it."""
    if processes() > 1:
        distributed.barrier()


def part(count: int) -> slice:
    """The slice of the `count` rows of a whole batch that belongs to this process."""
    own = count // processes()
    return slice(rank() * own, (rank() + 1) * own)


def gathered(x: Tensor) -> Tensor:
    """The rows (B, ...) of all processes in the order of the whole batch, without gradients."""
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


def decision_of_first(flag: bool, device: torch.device) -> bool:
    """The flag of the first process, for all processes: they stop at the same step, by the clock of the first."""
    if processes() == 1:
        return flag
    shared = torch.tensor(float(flag), device=device)
    distributed.broadcast(shared, 0)
    return bool(shared)


def synchronise(network: nn.Module) -> None:
    """Makes batch normalisation use statistics of the whole batch; with a single process it does nothing.

    torch.nn.SyncBatchNorm does this too, but only on GPUs.
    """
    if processes() > 1:
        for module in network.modules():
            if isinstance(module, BatchNorm):
                module.forward = _WholeBatchNorm(module)


class _WholeBatchNorm:
    """Replaces `forward` of a batch normalisation: means and variances are those of the whole batch."""

    def __init__(self, norm: BatchNorm):
        self.norm = norm

    def __call__(self, x: Tensor) -> Tensor:
        norm = self.norm
        if not norm.training:
            return type(norm).forward(norm, x)
        dims, shape = [d for d in range(x.ndim) if d != 1], [1, -1, *[1] * (x.ndim - 2)]
        values = x.float()
        count = x.new_tensor(
            x.numel() // x.shape[1], dtype=torch.float32
        )  # differs between processes where frames are hidden
        distributed.all_reduce(count)
        centre = _Sum.apply(values.sum(dims)) / count
        centred = values - centre.view(shape)
        variance = _Sum.apply(centred.square().sum(dims)) / count
        self._update_running(centre.detach(), variance.detach(), count)
        y = centred * (variance + norm.eps).rsqrt().view(shape)
        if norm.affine:
            y = y * norm.weight.view(shape) + norm.bias.view(shape)
        return y.to(x.dtype)

    def _update_running(self, centre: Tensor, variance: Tensor, count: Tensor) -> None:
        """Updates the running averages as torch does, with the unbiased variance."""
        norm = self.norm
        norm.num_batches_tracked += 1
        norm.running_mean.lerp_(centre, norm.momentum)
        norm.running_var.lerp_(variance * count / (count - 1), norm.momentum)


class _Sum(torch.autograd.Function):
    """The sum of a tensor over the processes; its gradient is the sum of the gradients of all processes."""

    @staticmethod
    def forward(context, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient.contiguous())
