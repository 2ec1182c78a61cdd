"""Random numbers of a training step, a row a sequence: the same ones however many processes share the batch.

Each process draws for the whole batch and keeps the rows of its own part. Alone, a process draws what torch's functions
of these names draw. What no sequence of the batch owns, such as drawn weights, is drawn by torch's own functions: every
process has the same generator, and so the same numbers.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from latentmotion.core import parallel


def normal(count: int, numbers: int, device: torch.device) -> Tensor:
    """(count, numbers) standard normal numbers for this process's `count` sequences."""
    return _own(torch.randn(count * parallel.processes(), numbers, device=device))


def normal_like(x: Tensor) -> Tensor:
    """Standard normal numbers for x (B, ...), B sequences or all their frames one after the other."""
    return _like(x, Tensor.normal_)


def exponential_like(x: Tensor) -> Tensor:
    """Exponential numbers with mean 1 for x (B, ...)."""
    return _like(x, Tensor.exponential_)


def integers(end: int, count: int, device: torch.device) -> Tensor:
    """(count,) integers from 0 to `end` - 1, each as likely."""
    return _own(torch.randint(end, (count * parallel.processes(),), device=device))


def places(weights: Tensor) -> Tensor:
    """(B, N) weights -> (B,) places from 0 to N - 1, as likely as their weights say."""
    return _own(torch.multinomial(parallel.gathered(weights), 1).squeeze(1))


def shuffled(values: Tensor) -> Tensor:
    """(B,) values in a random order, over the whole batch."""
    values = parallel.gathered(values)
    return _own(values[torch.randperm(len(values), device=values.device)])


def _own(whole: Tensor) -> Tensor:
    return whole[parallel.part(len(whole))]


def _like(x: Tensor, fill: Callable[[Tensor], Tensor]) -> Tensor:
    """Filled in the order in which the whole batch would lie in memory, where x may have its channels last."""
    if parallel.processes() == 1:
        return fill(torch.empty_like(x))
    sizes = [parallel.processes() * len(x), *x.shape[1:]]
    order = sorted(range(x.ndim), key=torch.empty_like(x).stride, reverse=True)
    whole = torch.empty([sizes[i] for i in order], dtype=x.dtype, device=x.device)
    return _own(fill(whole.permute([order.index(i) for i in range(x.ndim)])))
