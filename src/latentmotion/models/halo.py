"""HALO: Hamiltonian latent operators (Khan and Storkey, NeurIPS 2022), with and without action labels; its ablations.

A sequence has a content code z and a path in K phase spaces S^k with s^k = (q^k, p^k), each with its own operator:

    z ~ N(0, I),  q^k ~ N(0, I),  p^k ~ N(0, I),  s^k_t = exp((t - t0) H_k) s^k_t0,  x_t ~ N(phi(z, q_t), alpha² I)

The decoder sees only positions. In the conditional model the subspace of the action moves and all others are zero
(equations 1 to 5). In the unconditional model all operators act at once (supplement, equation 9). Inference follows
equation 6: z is inferred from all frames, q from the reference frame t0, and p from the frames up to it. t0 is drawn
uniformly for each sequence, and the path is rolled forwards and backwards from it. The loss is the negative ELBO of
supplement, equation 8.

`dynamics` replaces the operators by other dynamics (supplement, section 3.3) and changes nothing else, except that
`drive: frames` uses the states inferred from all frames. Frames that a batch hides are neither used nor scored.

The conditional decoder can learn the action only from which block of q is not zero. Blocks of q average to about zero,
so the first linear map gets no mean signal of the action from them, and the content tends to take the action over.
`indicator` therefore appends 1[q^k != 0] to what the decoder sees. It is a function of q, so equation 4 still holds.

The paper leaves some choices open, which docs/fidelity.md explains: the decoder has three layers of stride 2, states
are not normalised, and each of the nine actions that the judge of Sprites tells apart has an operator.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.core import parallel_random
from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.models.components.content import ContentNetwork
from latentmotion.models.components.digits import DigitDecoder, DigitEncoder
from latentmotion.models.components.frames import FrameDecoder, FrameEncoder
from latentmotion.models.components.gaussian import GaussianHead, kl_standard, sample
from latentmotion.models.components.temporal_convolution import CausalConvolution
from latentmotion.models.dynamics import Dynamics
from latentmotion.models.dynamics.fourier import Fourier
from latentmotion.models.dynamics.hamiltonian import Hamiltonian
from latentmotion.models.dynamics.linear import Linear
from latentmotion.models.dynamics.nonlinear import Nonlinear
from latentmotion.models.dynamics.recurrent import Recurrent
from latentmotion.models.dynamics.skew import SkewHamiltonian


class Config(contract.NetworkConfig):
    conditional: bool = True  # whether the model is given action labels
    operators: contract.Count | None = None  # K; null: one for each action; 3 on Sprites: views share those of gestures
    dynamics: Literal["hamiltonian", "skew", "nonlinear", "linear", "recurrent", "fourier"] = "hamiltonian"
    # What drives a step of Linear and RNN. With start it is the state of the reference frame, for every step. With
    # frames it is the state that is inferred from the frame before (equation 12); then `sees` decides what is shown.
    drive: Literal["start", "frames"] = "start"
    shared: bool = False  # whether all actions move by one Hamiltonian operator, each still in a subspace of its own
    definite: bool = False  # whether M of a Hamiltonian is positive definite, so that no mode grows
    sees: Literal["position", "state"] = "position"  # what the decoder is shown of a state; the paper shows position
    indicator: bool = False  # whether a conditional decoder is also shown which subspaces move
    content: int = Field(default=256, ge=0)  # |Z|; with 0 there is no content code
    position: contract.Count = 6  # |Q| of one subspace
    networks: Literal["frames", "digits"] = "frames"  # those of supplementary tables 3 and 4, or of tables 6 and 7
    width: contract.Count = 256  # channels of a convolution
    dense: contract.Count = 4096  # units of the largest dense layer
    features: contract.Count = 2048  # h, the length of a frame's features
    full_resolution: bool = True  # whether frame networks have a convolution of stride 1 at the frame's own size
    output_norm: bool = True  # whether frame decoders normalise over the batch before the tanh
    digit_output_norm: bool = True  # the same for digit decoders; without it the output starts with a dark bias
    units: contract.Count | None = None  # units of the first layer of the position and momentum networks; null means v
    motion: contract.Count = 36  # v, units of their second layer
    window: contract.Count = 3  # kernel of each of the two temporal convolutions
    alpha: contract.Positive = 0.7071  # deviation of a pixel; with 1/sqrt(2) the squared error has the weight 1
    kl_content: contract.Weight = 1.0  # weight of the content's divergence
    kl_motion: contract.Weight = 1.0  # weight of the motion's divergence
    kl_warmup: contract.Share = 0.0  # share of the training over which both divergences rise to their weights
    log_variance: float = 0.0  # log variance of the posteriors at the start of training
    normalise: bool = False  # whether q and p of each subspace are scaled to the length sqrt(d)


class Model(contract.SequenceModel):
    """HALO as the module's docstring describes it, with the sizes of its `Config`."""

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        self.operators = config.operators or shape.actions
        self.content_noise = config.content
        self.dynamics = _dynamics(config, self.operators, shape.frames)
        self.capabilities = frozenset(
            {contract.ENCODE, contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION}
            | {contract.PREDICT, contract.COMPLETE, contract.DYNAMICS}
            | ({contract.ACTION_MOTION} if config.conditional else set())
            | ({contract.ENERGY} if isinstance(self.dynamics, Hamiltonian | Nonlinear) else set())
        )
        self.size = self.dynamics.instant + self.dynamics.windowed
        given = config.features + (self.operators if config.conditional else 0)
        # With one operator, or with all of them in motion, the indicator would be the same number in every frame.
        self.indicated = config.indicator and config.conditional and self.operators > 1
        visible = config.content + self.operators * (self.dynamics.visible + self.indicated)
        self.encoder, self.decoder = _frame_networks(config, shape, visible)
        self.content = ContentNetwork(config.features, config.content, config.log_variance) if config.content else None
        self.position = self.momentum = None
        if self.dynamics.instant:
            self.position = _motion_network(given, config)
            self.position_head = GaussianHead(
                config.motion, self.operators * self.dynamics.instant, config.log_variance
            )
        if self.dynamics.windowed:
            self.momentum = _motion_network(given, config)
            self.temporal = CausalConvolution(config.motion, config.window)
            self.momentum_head = GaussianHead(
                config.motion, self.operators * self.dynamics.windowed, config.log_variance
            )

    def motion_noise(self, length: int) -> int:
        return self.operators * self.size

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        features = self._features(batch.x, batch.seen)
        z = self._content(features)
        mean, log_variance = self._posterior(features, batch.action)
        reference = parallel_random.places(batch.seen.float())
        here = torch.arange(len(reference), device=reference.device), reference
        mask = self._mask(batch.action)
        if self.dynamics.framewise:
            states = self._scale(sample(mean, log_variance)) * mask[:, None] * batch.seen[..., None, None]
            counted = mask[:, None] * batch.seen[..., None, None]
            path = self._path(states[here], reference, batch.x.shape[1], states)
        else:
            mean, log_variance, counted = mean[here], log_variance[here], mask
            path = self._path(self._scale(sample(mean, log_variance)) * mask, reference, batch.x.shape[1])
        x = self.decode(sample(*z), self.motion_of(path))
        error = (x.float() - batch.x).square().flatten(2).sum(2)
        error = (error * batch.seen).sum(1).mean()
        kl_z = kl_standard(*z).sum(1).mean()
        kl_q, kl_p = (
            part.flatten(1).sum(1).mean()
            for part in (kl_standard(mean, log_variance) * counted).split(self._parts(), dim=-1)
        )
        weight = 0.5 / self.config.alpha**2
        divergence = self.config.kl_content * kl_z + self.config.kl_motion * (kl_q + kl_p)
        total = weight * error + self.kl_weight(self.config.kl_warmup) * divergence
        return {"total": total, "squared_error": error, "kl_content": kl_z, "kl_position": kl_q, "kl_momentum": kl_p}

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes the path from the middle frame, because that frame has frames before it to infer a momentum from."""
        features = self._features(x)
        reference = torch.full((len(x),), x.shape[1] // 2, device=x.device)
        return self._content(features)[0], self._motion(features, action, reference, x.new_ones(x.shape[:2]))

    def complete(self, batch: contract.Batch) -> Tensor:
        """Completes a sequence from the state of the seen frame that is nearest to the middle."""
        features = self._features(batch.x, batch.seen)
        distance = (torch.arange(batch.x.shape[1], device=batch.x.device) - batch.x.shape[1] // 2).abs()
        reference = distance.expand(len(batch.x), -1).masked_fill(~batch.seen, batch.x.shape[1]).argmin(1)
        return self.decode(self._content(features)[0], self._motion(features, batch.action, reference, batch.seen))

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        code = torch.cat([content[:, None].expand(-1, motion.shape[1], -1), motion], dim=2)
        if self.indicated:
            moving = _moving(motion.unflatten(2, (self.operators, -1)))[..., 0]
            code = torch.cat([code, moving.to(code.dtype)], dim=2)
        return self.decoder(code.flatten(0, 1)).unflatten(0, code.shape[:2])

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        state = self._scale(noise.view(-1, self.operators, self.size)) * self._mask(action)
        return self.motion_of(self.advance(state, 0, length - 1))

    def predict(self, first: Tensor, length: int, action: Tensor) -> Tensor:
        features, given = self._features(first), first.shape[1]
        states = self._states(features, action)
        known = functional.pad(states, (0, 0, 0, 0, 0, length - given)) if self.dynamics.framewise else None
        motion = self.motion_of(self.advance(states[:, -1], 1 - given, length - given, known))
        # The content network has learnt from whole sequences, so the given frames are repeated until they are as long.
        whole = features[:, torch.arange(max(given, self.shape.frames)) % given]
        return self.decode(self._content(whole)[0], motion)

    def state(self, x: Tensor, action: Tensor) -> Tensor:
        return self._states(self._features(x), action)[:, -1]

    def advance(self, state: Tensor, first: int, last: int, known: Tensor | None = None) -> Tensor:
        """Rolls states out. A subspace whose state is zero stays zero (equation 2), whatever its dynamics adds.

        Arguments:
            known: The states (B, last - first + 1, K, S) inferred from frames first to last, for dynamics that are
                driven by them. They are zero, the mean of the prior, where no frame is known.
        """
        path = self.dynamics(state, first, last) if known is None else self.dynamics(state, first, last, known)
        return path * _moving(state)[:, None]

    def motion_of(self, states: Tensor) -> Tensor:
        return (self.dynamics.show(states) * _moving(states)).flatten(2)

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        return self.dynamics.energies(states)

    def _features(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        features = self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return features if seen is None else features * seen[..., None]

    def _content(self, features: Tensor) -> tuple[Tensor, Tensor]:
        if self.content is None:
            return features.new_zeros(len(features), 0), features.new_zeros(len(features), 0)
        return self.content(features)

    def _mask(self, action: Tensor) -> Tensor:
        """Returns (B, K, 1) with a one for each operator that moves."""
        if not self.config.conditional:
            return torch.ones(len(action), self.operators, 1, device=action.device)
        return self._indicator(action)[..., None]

    def _indicator(self, action: Tensor) -> Tensor:
        """Returns u (B, K). Neighbouring actions share an operator where there are fewer operators than actions."""
        return functional.one_hot(action * self.operators // self.shape.actions, self.operators).float()

    def _posterior(self, features: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Returns mean and log variance (B, T, K, S) of the state at every frame, q from the frame, p from a window."""
        if self.config.conditional:
            given = self._indicator(action).to(features.dtype)
            features = torch.cat([features, given[:, None].expand(-1, features.shape[1], -1)], dim=2)
        flat, sizes = features.flatten(0, 1), features.shape[:2]
        heads = []
        if self.position is not None:
            heads.append(self.position_head(self.position(flat)))
        if self.momentum is not None:
            window = self.temporal(self.momentum(flat).unflatten(0, sizes))
            heads.append(self.momentum_head(window.flatten(0, 1)))
        mean, log_variance = (
            torch.cat([part.unflatten(1, (self.operators, -1)) for part in parts], dim=-1).unflatten(0, sizes)
            for parts in zip(*heads, strict=True)
        )
        return mean, log_variance

    def _states(self, features: Tensor, action: Tensor) -> Tensor:
        """Returns posterior means (B, T, K, S), which are zero in the subspaces that do not move."""
        return self._scale(self._posterior(features, action)[0]) * self._mask(action)[:, None]

    def _motion(self, features: Tensor, action: Tensor, reference: Tensor, seen: Tensor) -> Tensor:
        """Returns what the decoder sees along the path through the mean states at the reference frames (B,)."""
        states = self._states(features, action)
        state = states[torch.arange(len(features), device=features.device), reference]
        known = states * seen[..., None, None] if self.dynamics.framewise else None
        return self.motion_of(self._path(state, reference, features.shape[1], known))

    def _path(self, state: Tensor, reference: Tensor, frames: int, known: Tensor | None = None) -> Tensor:
        """Rolls states (B, K, S) at frames `reference` (B,) out to states (B, T, K, S) at frames 0 to T - 1.

        Arguments:
            known: The states (B, T, K, S) of all frames, where they drive the dynamics.
        """
        first, last = -int(reference.max()), frames - 1 - int(reference.min())
        row = torch.arange(len(state), device=state.device)[:, None]
        if known is not None:
            # Frames outside the sequence only drive steps that are dropped below.
            times = torch.arange(first, last + 1, device=state.device) + reference[:, None]
            known = known[row, times.clamp(0, frames - 1)]
        place = torch.arange(frames, device=state.device) - reference[:, None] - first
        return self.advance(state, first, last, known)[row, place]

    def _parts(self) -> list[int]:
        return [self.dynamics.instant, self.dynamics.windowed]

    def _scale(self, state: Tensor) -> Tensor:
        """Scales q and p of each subspace to the length sqrt(d) where `normalise` asks for it.

        A q or p of a single number is left as it is, because it would keep only its sign.
        """
        if not self.config.normalise:
            return state
        parts = state.split(self._parts(), dim=-1)
        return torch.cat(
            [
                functional.normalize(part, dim=-1) * part.shape[-1] ** 0.5 if part.shape[-1] > 1 else part
                for part in parts
            ],
            dim=-1,
        )


def _dynamics(config: Config, operators: int, frames: int) -> Dynamics:
    if config.shared and config.dynamics not in ("hamiltonian", "skew"):
        raise UserError(
            f"models.*.network.shared of system halo: dynamics {config.dynamics} cannot share an operator; set it to "
            "false"
        )
    match config.dynamics:
        case "nonlinear":
            return Nonlinear(operators, config.position, frames, config.sees == "state")
        case "fourier":
            return Fourier(config.position, frames)
        case "linear" | "recurrent":
            recurrence = {"linear": Linear, "recurrent": Recurrent}[config.dynamics]
            framewise = config.drive == "frames"
            return recurrence(operators, config.position, framewise, not framewise or config.sees == "state")
        case kind:
            hamiltonian = {"hamiltonian": Hamiltonian, "skew": SkewHamiltonian}[kind]
            sees_momentum = config.sees == "state"
            return hamiltonian(operators, config.position, frames, config.definite, sees_momentum, config.shared)


def _frame_networks(config: Config, shape: contract.DataShape, visible: int) -> tuple[nn.Module, nn.Module]:
    sizes = shape.channels, shape.size, config.width, config.dense
    if config.networks == "digits":
        return DigitEncoder(*sizes, config.features), DigitDecoder(visible, *sizes, config.digit_output_norm)
    encoder = FrameEncoder(*sizes, config.features, config.full_resolution)
    return encoder, FrameDecoder(visible, *sizes, config.output_norm, config.full_resolution)


def _motion_network(inputs: int, config: Config) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in ((inputs, config.units or config.motion), (config.units or config.motion, config.motion)):
        layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)


def _moving(states: Tensor) -> Tensor:
    """Returns (..., K, 1), true for each subspace of states (..., K, S) that is in motion."""
    return (states != 0).any(-1, keepdim=True)
