"""Random numbers of a training step, one row for each sequence, which do not depend on the number of processes.

Each process draws the numbers of the whole batch and keeps the rows of its own part. A single process draws the same
numbers as torch's functions. Numbers that belong to no single sequence, such as random weights, are drawn directly with
torch's functions: all processes have generators in the same state and draw the same numbers.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from latentmotion.core import parallel


def normal(count: int, numbers: int, device: torch.device) -> Tensor:
    """(count, numbers) standard normal numbers for this process's `count` sequences."""
    return _own(torch.randn(count * parallel.processes(), numbers, device=device))


def normal_like(x: Tensor) -> Tensor:
    """Standard normal numbers of the shape of x (B, ...), where B counts sequences or all their frames."""
    return _like(x, Tensor.normal_)


def exponential_like(x: Tensor) -> Tensor:
    """Exponential numbers with mean 1, of the shape of x (B, ...)."""
    return _like(x, Tensor.exponential_)


def integers(end: int, count: int, device: torch.device) -> Tensor:
    """(count,) uniform integers from 0 to `end` - 1."""
    return _own(torch.randint(end, (count * parallel.processes(),), device=device))


def places(weights: Tensor) -> Tensor:
    """(B, N) weights -> (B,) indices from 0 to N - 1, with probabilities in proportion to the weights."""
    return _own(torch.multinomial(parallel.gathered(weights), 1).squeeze(1))


def shuffled(values: Tensor) -> Tensor:
    """(B, ...) values, in a random order over the whole batch."""
    values = parallel.gathered(values)
    return _own(values[torch.randperm(len(values), device=values.device)])


def _own(whole: Tensor) -> Tensor:
    return whole[parallel.part(len(whole))]


def _like(x: Tensor, fill: Callable[[Tensor], Tensor]) -> Tensor:
    """Random numbers in the memory order of x, which may have its channels last.

    torch fills a tensor in memory order, so a whole batch with the strides of x has to be filled.
    """
    if parallel.processes() == 1:
        return fill(torch.empty_like(x))
    sizes = [parallel.processes() * len(x), *x.shape[1:]]
    order = sorted(range(x.ndim), key=torch.empty_like(x).stride, reverse=True)
    whole = torch.empty([sizes[i] for i in order], dtype=x.dtype, device=x.device)
    return _own(fill(whole.permute([order.index(i) for i in range(x.ndim)])))
