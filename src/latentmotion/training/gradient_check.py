"""Finds parameters that a training would leave at their initial values because they get no gradient."""

from torch import nn

from latentmotion.core.errors import UserError

PATIENCE = 20  # steps within which every parameter must have a nonzero gradient at least once


class GradientCensus:
    """Records, during the first steps of a training, which parameters have had a nonzero gradient."""

    def __init__(self, network: nn.Module):
        self.waiting = {name: p for name, p in network.named_parameters() if p.requires_grad}

    def check(self, done: int, steps: int) -> "GradientCensus | None":
        """To be called after each step. Returns itself while some parameter has had no gradient, then None.

        Raises UserError where some parameter has had no gradient within the first PATIENCE steps.
        """
        self.waiting = {name: p for name, p in self.waiting.items() if p.grad is None or not p.grad.any()}
        if self.waiting and done >= min(PATIENCE, steps):
            names = ", ".join(sorted(self.waiting)[:3])
            raise UserError(
                f"{len(self.waiting)} parameters never get a gradient ({names}); the model's losses are wrong"
            )
        return self if self.waiting else None
