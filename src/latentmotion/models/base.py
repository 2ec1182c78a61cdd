"""The contract of every model in models/: what it can do, so that the rest of the project never asks for names.

A model file holds `Config` (a closed pydantic model: the keys of `network` in params.yaml) and `Model`, a subclass of
`SequenceModel`. Sequences are float tensors x of shape (B, T, C, H, W) in [-1, 1]. Content is (B, Z), constant in time;
motion is (B, T, M). Every random draw outside training comes in as standard normal `noise`, so that a sample depends on
its own key and never on its neighbours in a batch.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from latentmotion.core.parallel import average_gradients

ENCODE, SAMPLE_CONTENT, SAMPLE_MOTION, ACTION_MOTION = "encode", "sample_content", "sample_motion", "action_motion"
PREDICT, COMPLETE, DYNAMICS, ENERGY, DENSITY = "predict", "complete", "dynamics", "energy", "density"
SAMPLE_STATE, CATEGORY = "sample_state", "category"


Count = Annotated[int, Field(ge=1)]  # of channels, units, dimensions
Weight = Annotated[float, Field(ge=0)]  # of a loss; also a standard deviation of noise
Positive = Annotated[float, Field(gt=0)]  # a rate, a step of time, a temperature
Share = Annotated[float, Field(ge=0, le=1)]  # of the training, or of a batch; an intensity
Shares = Annotated[tuple[Share, Share], Field(strict=False)]
Intensities = Annotated[tuple[Share, ...], Field(strict=False)]


class NetworkConfig(BaseModel):
    """Base of every model's `Config`: an unknown key or a value of another type or range is an error.

    A number must be finite. A field that is a tuple needs `strict=False`, because JSON and YAML have lists only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class DataShape:
    """What a model must know of its dataset: T, C, the side of a frame, how many actions and training groups it has.

    Of sound and states (N, T, F): channels F, size 1.
    """

    frames: int
    channels: int
    size: int
    actions: int
    groups: int


@dataclass
class Batch:
    """Sequences and what is known of them.

    Arguments:
        x: (B, T, C, H, W) in [-1, 1].
        action: (B,).
        object: (B,), the place of each sequence's group among those of the training split; -1 for any other.
        seen: (B, T), the frames that a model may look at; the others are hidden.
    """

    x: Tensor
    action: Tensor
    object: Tensor
    seen: Tensor


class SequenceModel(nn.Module):
    """Base class. A subclass states its `capabilities` and implements those methods.

    Capabilities:
        encode: `encode` and `decode`.
        sample_content: `sample_content`, from the prior.
        sample_motion: `sample_motion`, from the prior.
        action_motion: the sampled motion obeys the action that was asked for.
        predict: `predict`.
        complete: `complete`; only such models may be trained on sequences with hidden frames.
        dynamics: `state`, `advance` and `motion_of`: motion is a path of states, in `operators` subspaces.
        sample_state: `sample_state`, `roll_out` and `motion_of`: motion begins with a state that is drawn, and time is
            continuous.
        energy: `energies` of states.
        density: `bounds` and `log_density`.
        category: `category`: motion holds one of as many classes as there are actions, inferred without their names.
    """

    capabilities: frozenset[str] = frozenset()
    content_noise: int = 0
    state_noise: int = 0
    clip: float | None = None
    progress: float = 1.0  # share of the training that is done, set by the loop

    def motion_noise(self, length: int) -> int:
        """How many normal numbers `sample_motion` needs for one sequence."""
        raise NotImplementedError

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Scalars by name, per sequence and averaged over the batch; `total` is minimised."""
        raise NotImplementedError

    def kl_weight(self, warmup: float) -> float:
        """What a Kullback-Leibler term counts at this point: from 0 to 1 over the first `warmup` of the training."""
        return min(1.0, self.progress / warmup) if warmup else 1.0

    def optimisers(self, training) -> list[torch.optim.Optimizer]:
        """One Adam over all parameters; adversarial models return several."""
        return [
            torch.optim.Adam(
                self.parameters(), lr=training.lr, betas=tuple(training.betas), weight_decay=training.weight_decay
            )
        ]

    def step(self, batch: Batch, optimisers: list[torch.optim.Optimizer], autocast) -> dict[str, Tensor]:
        """One update. Returns detached scalars for the history, `gradient_norm` among them."""
        optimisers[0].zero_grad(set_to_none=True)
        with autocast():
            losses = self.losses(batch)
        losses["total"].backward()
        losses["gradient_norm"] = self.apply_gradients(self.parameters(), optimisers[0])
        return {name: value.detach() for name, value in losses.items()}

    def apply_gradients(self, parameters, optimiser) -> Tensor:
        """Averages gradients over processes, clips, and steps unless a gradient is not finite. Returns the norm."""
        parameters = [parameter for parameter in parameters if parameter.grad is not None]
        average_gradients(parameters)
        norm = nn.utils.clip_grad_norm_(parameters, self.clip or float("inf"))
        if torch.isfinite(norm):
            optimiser.step()
        return norm

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means: content (B, Z) and motion (B, T, M)."""
        raise NotImplementedError

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        """Frames (B, T, C, H, W) in [-1, 1]."""
        raise NotImplementedError

    def category(self, motion: Tensor) -> Tensor:
        """Motion (B, T, M) -> the class that is in it, (B,) integers below the number of actions."""
        raise NotImplementedError

    def sample_content(self, noise: Tensor) -> Tensor:
        """noise (B, content_noise) -> content (B, Z) from the prior."""
        raise NotImplementedError

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        """noise (B, motion_noise(length)) -> motion (B, length, M) from the prior."""
        raise NotImplementedError

    def predict(self, first: Tensor, length: int, action: Tensor) -> Tensor:
        """The first frame or frames (B, t, C, H, W) continued to `length` frames, the given ones included."""
        raise NotImplementedError

    def complete(self, batch: Batch) -> Tensor:
        """Every frame (B, T, C, H, W), made from those that `batch.seen` marks."""
        raise NotImplementedError

    def state(self, x: Tensor, action: Tensor) -> Tensor:
        """Posterior mean of the state (B, K, S) at the last frame of x."""
        raise NotImplementedError

    def advance(self, state: Tensor, first: int, last: int) -> Tensor:
        """A state (B, K, S) at time 0 -> the states (B, last - first + 1, K, S) at times first to last, in frames."""
        raise NotImplementedError

    def sample_state(self, noise: Tensor) -> Tensor:
        """noise (B, state_noise) -> the state (B, K, S) at time 0, from the prior."""
        raise NotImplementedError

    def roll_out(self, state: Tensor, count: int, step: float = 1.0) -> Tensor:
        """A state (B, K, S) at time 0 -> the states (B, count, K, S) at times 0, step, ..., (count - 1) step.

        Time is in frames: a step may be a fraction of one, or negative, which is backwards in time.
        """
        raise NotImplementedError

    def motion_of(self, states: Tensor) -> Tensor:
        """What the decoder sees of states (B, T, K, S): motion (B, T, M)."""
        raise NotImplementedError

    def bounds(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Lower bounds of log p(x) in nats, (B,) each: the ELBO and the importance-weighted one.

        noise (B, samples, n) is standard normal; `bound_noise` says n.
        """
        raise NotImplementedError

    def log_density(self, x: Tensor, noise: Tensor) -> Tensor:
        """log p(x) in nats, (B,), by an estimate whose error vanishes with the number of samples.

        noise (B, samples, n) is standard normal; `bound_noise` says n.
        """
        raise NotImplementedError

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        """Of states (..., K, S): `total`, `kinetic`, `potential` and `nonseparable`, (..., K) each.

        A state that has an energy is (q, p): the first half of S are positions, the second their momenta. A Hamiltonian
        that is not split into these parts gives `total` alone.
        """
        raise NotImplementedError
