"""Random numbers that are the same on every device, for comparisons of a GPU with a CPU."""

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_MAKE = {torch.randn, torch.rand, torch.randint, torch.randperm}  # these have the argument `device`
_FILL = {Tensor.normal_, Tensor.uniform_, Tensor.exponential_}  # these fill a tensor in the order of its memory
_LIKE = {torch.randn_like: Tensor.normal_, torch.rand_like: Tensor.uniform_}


class SameDraws(TorchFunctionMode):
    """Inside this context, torch's random functions draw with the generator of the CPU and copy to the device.

    On a CPU they then draw what they would draw without it, so that a GPU gets the numbers of the CPU. Generators of
    GPUs would give other numbers for the same seed.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function in _MAKE:
            device = kwargs.pop("device", None)
            made = function(*args, **kwargs)
            return made if device is None else made.to(device)
        if function in _FILL:
            filled = function(torch.empty_like(args[0], device="cpu"), *args[1:], **kwargs)
            return args[0].copy_(filled)
        if function in _LIKE and not kwargs:
            return _LIKE[function](torch.empty_like(args[0], device="cpu")).to(args[0].device)
        if function is torch.multinomial:
            return function(args[0].cpu(), *args[1:], **kwargs).to(args[0].device)
        return function(*args, **kwargs)
