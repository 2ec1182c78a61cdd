"""Finds parameters that training would silently leave at their initial values."""

from torch import nn

from latentmotion.core.errors import UserError

PATIENCE = 20  # steps in which every parameter must have had a gradient that is not zero


class GradientCensus:
    """Counts, over the first steps of a training, which parameters have had a gradient."""

    def __init__(self, network: nn.Module):
        self.waiting = {name: p for name, p in network.named_parameters() if p.requires_grad}

    def check(self, done: int, steps: int) -> "GradientCensus | None":
        """Call after each step. Returns itself while it waits, None when all have learned.

        Raises:
            UserError: some parameters had none within the first steps.
        """
        self.waiting = {name: p for name, p in self.waiting.items() if p.grad is None or not p.grad.any()}
        if self.waiting and done >= min(PATIENCE, steps):
            names = ", ".join(sorted(self.waiting)[:3])
            raise UserError(
                f"{len(self.waiting)} parameters never get a gradient ({names}); the model's losses are wrong"
            )
        return self if self.waiting else None
