"""HALO: Hamiltonian latent operators (Khan and Storkey, NeurIPS 2022), conditional and unconditional.

A sequence is a content code z and a path in K phase spaces S^k, s^k = (q^k, p^k), one Hamiltonian operator each:

    z ~ N(0, I),  q^k ~ N(0, I),  p^k ~ N(0, I),  s^k_t = exp((t - t0) H_k) s^k_t0,  x_t ~ N(phi(z, q_t), alpha² I)

The decoder sees positions only. Conditional: the action's subspace moves and all others are zero (equations 1-5).
Unconditional: all operators act at once (supplement, equation 9). Inference (equation 6): z from all frames, q from the
reference frame t0, p from the w frames up to it; t0 is drawn uniformly for each training batch, and the path is rolled
forwards and backwards from it. The loss is the negative ELBO of supplement, equation 8.

Choices where the paper is silent (docs/fidelity.md): three stride-2 layers in the decoder; states are not normalised;
one operator for each of the nine actions that the judge tells apart on Sprites.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from latentmotion import model as contract
from latentmotion.dynamics.hamiltonian import Hamiltonian
from latentmotion.nets.content import ContentNetwork
from latentmotion.nets.frames import FrameDecoder, FrameEncoder
from latentmotion.nets.gaussian import GaussianHead, kl_standard, sample
from latentmotion.nets.temporal import CausalConvolution


class Config(contract.NetworkConfig):
    conditional: bool = True
    operators: int | None = None  # K; null: one for each action; 3 on Sprites: one for each gesture, views shared
    dynamics: Literal["hamiltonian"] = "hamiltonian"
    content: int = 256  # |Z|
    position: int = 6  # |Q| of one subspace
    width: int = 256
    dense: int = 4096
    features: int = 2048  # h
    full_resolution: bool = True  # convolutions of stride 1 at the frame's own size
    output_norm: bool = True  # batch normalisation before the decoder's tanh
    motion: int = 36  # v, units of the position and momentum networks
    window: int = 3  # w, kernel of the temporal convolution
    alpha: float = 0.7071  # standard deviation of a pixel; 1/sqrt(2) weighs squared errors by 1
    kl_content: float = 1.0
    kl_motion: float = 1.0
    kl_warmup: float = 0.0  # share of the training over which both rise to their weights
    log_variance: float = 0.0  # where those of the posteriors start
    normalise: bool = False  # q and p of each subspace scaled to the length sqrt(d), in training and in sampling


class Model(contract.SequenceModel):
    """See the module's docstring; `Config` documents the sizes."""

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        self.capabilities = frozenset(
            {contract.ENCODE, contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION, contract.PREDICT}
            | ({contract.ACTION_MOTION} if config.conditional else set())
        )
        self.operators = config.operators or shape.actions
        self.content_noise = config.content
        states = self.operators * config.position
        given = self.operators if config.conditional else 0
        self.encoder = FrameEncoder(
            shape.channels, shape.size, config.width, config.dense, config.features, config.full_resolution
        )
        self.content = ContentNetwork(config.features, config.content, config.log_variance)
        self.position = _motion_network(config.features + given, config.motion)
        self.position_head = GaussianHead(config.motion, states, config.log_variance)
        self.momentum = _motion_network(config.features + given, config.motion)
        self.temporal = CausalConvolution(config.motion, config.window)
        self.momentum_head = GaussianHead(config.motion, states, config.log_variance)
        self.dynamics = Hamiltonian(self.operators, config.position)
        self.decoder = FrameDecoder(
            config.content + states,
            shape.channels,
            shape.size,
            config.width,
            config.dense,
            config.output_norm,
            config.full_resolution,
        )

    def motion_noise(self, length: int) -> int:
        return 2 * self.operators * self.config.position

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        features = self._features(batch.x)
        z = self.content(features)
        q, p = self._posteriors(features, batch.action)
        reference = int(torch.randint(batch.x.shape[1], ()))
        q, p = [tuple(part[:, reference] for part in posterior) for posterior in (q, p)]
        mask = self._mask(batch.action)
        state = self._join(sample(*q), sample(*p)) * mask
        times = torch.arange(batch.x.shape[1], device=batch.x.device) - reference
        x = self.decode(sample(*z), self._positions(state, times))
        error = (x.float() - batch.x).square().flatten(1).sum(1).mean()
        kl_z = kl_standard(*z).sum(1).mean()
        kl_q, kl_p = ((kl_standard(*posterior) * mask).flatten(1).sum(1).mean() for posterior in (q, p))
        weight = 0.5 / self.config.alpha**2
        divergence = self.config.kl_content * kl_z + self.config.kl_motion * (kl_q + kl_p)
        total = weight * error + self.kl_weight(self.config.kl_warmup) * divergence
        return {"total": total, "squared_error": error, "kl_content": kl_z, "kl_position": kl_q, "kl_momentum": kl_p}

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """The path of the middle frame's state: it has frames before it to take a momentum from."""
        features = self._features(x)
        reference = x.shape[1] // 2
        times = torch.arange(x.shape[1], device=x.device) - reference
        return self.content(features)[0], self._positions(self._state(features, action, reference), times)

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        code = torch.cat([content[:, None].expand(-1, motion.shape[1], -1), motion], dim=2)
        return self.decoder(code.flatten(0, 1)).unflatten(0, code.shape[:2])

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        q, p = noise.view(-1, self.operators, 2, self.config.position).unbind(2)
        return self._positions(self._join(q, p) * self._mask(action), torch.arange(length, device=noise.device))

    def predict(self, first: Tensor, length: int, action: Tensor) -> Tensor:
        features = self._features(first)
        reference = first.shape[1] - 1
        times = torch.arange(length, device=first.device) - reference
        motion = self._positions(self._state(features, action, reference), times)
        return self.decode(self.content(features)[0], motion)

    def _features(self, x: Tensor) -> Tensor:
        return self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])

    def _mask(self, action: Tensor) -> Tensor:
        """(B, K, 1): one for the operators that move."""
        if not self.config.conditional:
            return torch.ones(len(action), self.operators, 1, device=action.device)
        return self._indicator(action)[..., None]

    def _indicator(self, action: Tensor) -> Tensor:
        """u, (B, K). Fewer operators than actions: neighbouring actions share one (Sprites: the views of a gesture)."""
        return functional.one_hot(action * self.operators // self.shape.actions, self.operators).float()

    def _posteriors(self, features: Tensor, action: Tensor) -> tuple[tuple, tuple]:
        """Mean and log variance of q and of p at every frame, (B, T, K, d) each."""
        if self.config.conditional:
            given = self._indicator(action).to(features.dtype)
            features = torch.cat([features, given[:, None].expand(-1, features.shape[1], -1)], dim=2)
        flat, sizes = features.flatten(0, 1), features.shape[:2]
        q = self.position_head(self.position(flat))
        p = self.momentum_head(self.temporal(self.momentum(flat).unflatten(0, sizes)).flatten(0, 1))
        split = (*sizes, self.operators, self.config.position)
        return tuple(part.view(split) for part in q), tuple(part.view(split) for part in p)

    def _state(self, features: Tensor, action: Tensor, reference: int) -> Tensor:
        q, p = self._posteriors(features, action)
        return self._join(q[0][:, reference], p[0][:, reference]) * self._mask(action)

    def _join(self, q: Tensor, p: Tensor) -> Tensor:
        """Positions and momenta (B, K, d) -> states (B, K, 2d)."""
        if self.config.normalise:
            q, p = (functional.normalize(part, dim=-1) * self.config.position**0.5 for part in (q, p))
        return torch.cat([q, p], dim=-1)

    def _positions(self, state: Tensor, times: Tensor) -> Tensor:
        """The positions of all subspaces along the flow: (B, T, K d)."""
        return self.dynamics(state, times)[..., : self.config.position].flatten(2)


def _motion_network(inputs: int, units: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (inputs, units):
        layers += [nn.Linear(width, units, bias=False), nn.BatchNorm1d(units), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)
