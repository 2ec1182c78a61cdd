"""The learnt prior of a motion that is one code a frame, and what DSVAE, S3VAE and R-WAE do with it."""

import torch
from torch import Tensor, nn

from latentmotion.models import base as contract
from latentmotion.models.components.action import behind
from latentmotion.models.components.gaussian import GaussianHead


class MotionPrior(nn.Module):
    """p(z_t | z_<t): an LSTM cell over the last z, from a zero state and z_0 = 0."""

    def __init__(self, motion: int, hidden: int):
        super().__init__()
        self.motion, self.hidden = motion, hidden
        self.cell = nn.LSTMCell(motion, hidden)
        self.head = GaussianHead(hidden, motion)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of every z_t given those before it: (B, T, M) each."""
        shifted = torch.cat([torch.zeros_like(z[:, :1]), z[:, :-1]], dim=1)
        state, outputs = None, []
        for step in shifted.unbind(1):
            state = self.cell(step, state)
            outputs.append(state[0])
        return self.head(torch.stack(outputs, dim=1))

    def sample(self, noise: Tensor, given: Tensor | None = None) -> Tensor:
        """noise (B, T, M) -> z (B, T, M); the first frames are taken from `given` (B, t, M) where it is there."""
        z, state, drawn = torch.zeros_like(noise[:, 0]), None, []
        for t, epsilon in enumerate(noise.unbind(1)):
            state = self.cell(z, state)
            mean, log_variance = self.head(state[0])
            known = given is not None and t < given.shape[1]
            z = given[:, t] if known else mean + torch.exp(0.5 * log_variance) * epsilon
            drawn.append(z)
        return torch.stack(drawn, dim=1)


def risen(progress: float, first: float | None, last: float, rise: tuple[float, float]) -> float:
    """The weight of the motion's divergence at this point of the training: it rises from `first` to `last`.

    A high weight at once empties the motion before the decoder has learnt to look at it.

    Arguments:
        first: None: the weight is `last` throughout.
        rise: the shares of the training between which the weight's logarithm rises on a line.
    """
    if first is None or progress >= rise[1]:
        return last
    if progress <= rise[0]:
        return first
    share = (progress - rise[0]) / (rise[1] - rise[0])
    return first ** (1 - share) * last**share


class RecurrentMotionModel(contract.SequenceModel):
    """A model with f ~ N(0, I) and z_t ~ p(z_t | z_<t), and perhaps a categorical action behind every z_t.

    A subclass has `config` with the size `motion` and the switch `motion_centred`, `encoder` of frames, `prior`
    (MotionPrior), `actions`, the number of classes or 0, and `action`, an ActionVariable or None; it implements
    `encode` and `decode`.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        able = {contract.ENCODE, contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION}
        if not self.config.motion_centred:  # less their mean, the features of a single frame are 0
            able.add(contract.PREDICT)
        return frozenset(able | ({contract.CATEGORY} if self.actions else set()))

    def motion_noise(self, length: int) -> int:
        return length * self.config.motion + self.actions

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        """A categorical action is drawn, not asked for: which class means what, the model cannot know."""
        noise, of_action = noise.split([length * self.config.motion, self.actions], dim=1)
        z = self.prior.sample(noise.unflatten(1, (length, -1)))
        return behind(z, self.action.from_normal(of_action)) if self.action else z

    def predict(self, first: Tensor, length: int, action: Tensor) -> Tensor:
        """The prior's mean continues the codes of the given frames, and their action goes on."""
        content, motion = self.encode(first, action)
        z, a = motion.split([self.config.motion, self.actions], dim=2)
        z = self.prior.sample(z.new_zeros(len(first), length, z.shape[2]), z)
        return self.decode(content, behind(z, a[:, 0]))

    def category(self, motion: Tensor) -> Tensor:
        """Of the codes that `encode` gives: the action behind them is the same at every frame, and one-hot."""
        return motion[:, 0, -self.actions :].argmax(1)

    def features(self, x: Tensor) -> Tensor:
        """Frames (B, T, ...) -> what the encoder makes of each, (B, T, features)."""
        return self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])
