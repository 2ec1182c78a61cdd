"""Equivariant Hamiltonian flows (Rezende, Racaniere, Higgins and Toth, 2019).

A point q_0 and its momentum p_0 are drawn from a base density pi(q, p). The leapfrog steps T of a learnt Hamiltonian
H(q, p) = K(p) + U(q) move them to (q_n, p_n). The momentum is then dropped, and q_n is the data. T preserves volume, so
that ln p(q_n, p_n) = ln pi(T^-1(q_n, p_n)). The dropped momentum is a latent variable. An encoder h(p_n | q_n) infers
it, and training maximises

    ELBO(q_n) = E_h[ln pi(T^-1(q_n, p_n)) - ln h(p_n | q_n)]                                              (equation 1)

The density is invariant under a symmetry whose generator g commutes with H and pi (lemma 1). A Lagrange multiplier
enforces {g, H} = 0 (section 2): min over the networks, max over lambda of -ELBO + lambda (E[{g, H}^2] - kappa), with
the generator of rotations in the plane, g = q_1 p_2 - q_2 p_1.

The text takes that expectation over the base. Lemma 1, however, needs {g, H} = 0 wherever H acts on a state, and the
flow leads away from the base: a network that meets the constraint on the base alone may violate it at the states that
decide the density. `constraint_at` therefore offers two ways: "base", as printed, and "flow", with the states divided
equally between the base and what every leapfrog step makes of it. No gradient runs through the drawing of these states,
so that the constraint changes H where the states are and does not move them.

The text leaves several choices open. Here, one H makes all steps. dt scales the energies, so that a large dt learns
them faster. The weights of K and U start normal with deviation 1/sqrt(inputs), cut off at two deviations, and without
bias, because a flow whose energies start almost flat stays a Gaussian for thousands of steps. The encoder's second
network returns ln sigma. Lambda is updated as in Rezende and Viola (2018; see lagrange.py) with C = E[{g, H}^2] - kappa
over as many states as the batch has points.

"Finite data" means that `points` is set. The model then draws that many of the training points together with its first
weights, so that every seed has its own. The batch is the whole training split. The model learns from the drawn points,
and it measures the ELBO of as many other points as `elbo_held_out` without learning from them.
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.models.components.base_distributions import Normal, SoftUniform
from latentmotion.models.components.lagrange_multiplier import Multiplier
from latentmotion.models.dynamics.leapfrog import Energy, leapfrog

WHOLE_BATCH = True  # a loss looks at a batch as a whole: it divides it into points to learn from and held-out points
WIDENED, WIDE = (1.0, 2.0, 4.0), (1.0, 3.0)  # the mixture that `log_density` draws momenta from


class Config(contract.NetworkConfig):
    hidden: int = Field(default=128, ge=1)  # units of each of the two hidden layers of every network
    activation: Literal["softplus", "relu"] = "softplus"  # of the energies
    steps: int = Field(default=2, ge=1)  # leapfrog steps
    dt: float = Field(default=1.0, gt=0)
    base: Literal["normal", "soft-uniform"] = "normal"
    sigma: float = Field(default=4.0, gt=0)  # width of the soft-uniform base
    beta: float = Field(default=8.0, gt=0)  # sharpness of its edges
    kappa: float | None = Field(default=None, ge=0)  # precision of {g, H} = 0; null: no constraint
    constraint_at: Literal["base", "flow"] = "base"  # the states at which {g, H} = 0 is asked for
    rate: float = Field(default=0.1, gt=0)  # of the multiplier
    average: float = Field(default=0.99, ge=0, lt=1)  # weight of the past in the moving average
    points: int | None = Field(default=None, ge=2)  # training points that are learnt from; null: all


class Model(contract.SequenceModel):
    """See the module's docstring; `Config` documents the sizes. A sequence of any shape is one point of d numbers.

    States are (q, p), which are 2d numbers in K = 1 subspace. `learnt` says for each group of the training split
    whether the model learns from it; it is None where the model learns from all groups.
    """

    capabilities = frozenset({contract.DENSITY, contract.SAMPLE_STATE, contract.ENERGY})

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.point = config, shape.frames * shape.channels * shape.size**2
        self.bound_noise, self.state_noise = self.point, 2 * self.point
        self.base = Normal() if config.base == "normal" else SoftUniform(config.sigma, config.beta)
        if config.kappa is not None:
            self._check_symmetry()
        energy = self.point, config.hidden, config.activation
        self.kinetic, self.potential = (_curved(Energy(*energy)) for _ in range(2))
        sizes = self.point, config.hidden, config.hidden, self.point
        self.mean, self.log_deviation = (_perceptron(*sizes) for _ in range(2))
        self.multiplier = None if config.kappa is None else Multiplier(config.rate, config.average)
        self.register_buffer("learnt", None if config.points is None else _drawn(config.points, shape.groups))
        self.register_buffer("elbo_sum", torch.zeros((), dtype=torch.double))  # over the steps of the training
        self.register_buffer("elbo_steps", torch.zeros((), dtype=torch.long))

    def _check_symmetry(self) -> None:
        where = "models.*.network.kappa of system hamiltonian_flow"
        if self.point != 2:
            raise UserError(f"{where}: rotations are of the plane, the data has {self.point} numbers; set it to null")
        if not self.base.invariant:
            raise UserError(f"{where}: base '{self.config.base}' is not invariant under rotations; set it to null")

    def forward_path(self, q: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """States (..., d) of the base -> all states of the flow, (steps + 1, ..., d) each."""
        return leapfrog(q, p, self.kinetic.slope, self.potential.slope, self.config.dt, self.config.steps)

    def inverse(self, q: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """T^-1: the states of the base that came to (q, p)."""
        positions, momenta = leapfrog(
            q, p, self.kinetic.slope, self.potential.slope, -self.config.dt, self.config.steps
        )
        return positions[-1], momenta[-1]

    def joint(self, q: Tensor, p: Tensor) -> Tensor:
        """ln p(q_n, p_n), (...)."""
        return self.base.log_density(torch.cat(self.inverse(q, p), dim=-1))

    def infer(self, q: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """p ~ h(p | q) from normal noise, and ln h of it."""
        log_deviation = self.log_deviation(q).expand_as(noise)
        return self.mean(q) + log_deviation.exp() * noise, Normal().log_density(noise) - log_deviation.sum(-1)

    def elbo(self, q: Tensor) -> Tensor:
        """Equation 1 with one p for each q (B, d), averaged over them."""
        p, log_h = self.infer(q, torch.randn_like(q))
        return (self.joint(q, p) - log_h).mean()

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        with torch.autocast(batch.x.device.type, enabled=False):
            q, others = self._split(batch)
            losses = {"elbo": self.elbo(q)}
            losses["total"] = -losses["elbo"]
            if self.multiplier is not None:
                squared = self.bracket(*self._constrained(len(q))).square()
                losses["bracket"] = squared.mean()
                losses["total"] = losses["total"] + self.multiplier(losses["bracket"] - self.config.kappa)
                losses["multiplier"] = self.multiplier.value.clone()
            if others is not None:
                with torch.no_grad():
                    losses["elbo_held_out"] = self.elbo(others)
            return losses

    @torch.no_grad()
    def _constrained(self, count: int) -> tuple[Tensor, Tensor]:
        """States (count, d) at which a training step asks for {g, H} = 0, as `constraint_at` says."""
        states = self.base.sample(torch.randn(count, self.state_noise, device=self.elbo_sum.device))
        q, p = states.split(self.point, dim=-1)
        if self.config.constraint_at == "base":
            return q, p
        positions, momenta = self.forward_path(q, p)
        place = torch.arange(count, device=q.device)
        step = place % len(positions)  # state number 0 stays in the base, number 1 takes one step, and so on
        return positions[step, place], momenta[step, place]

    def _split(self, batch: contract.Batch) -> tuple[Tensor, Tensor | None]:
        """Points (B, d) to learn from, and as many others, or fewer where the batch has fewer, or None."""
        q = batch.x.float().flatten(1)
        if self.learnt is None:
            return q, None
        learnt = self.learnt[batch.object]
        chosen, others = q[learnt], q[~learnt]
        if not len(chosen) or not len(others):
            raise UserError(
                f"models.*.network.points: {self.config.points} of {len(self.learnt)} training points leave a batch of "
                f"{len(q)} with {len(chosen)} to learn from and {len(others)} to watch; set training.batch to the size "
                "of the training split, and points below it"
            )
        return chosen, others[: len(chosen)]

    def optimisers(self, training) -> list[torch.optim.Optimizer]:
        """One fused Adam, because the many small operations of an ordinary one would take an eighth of a step."""
        rest = {"betas": tuple(training.betas), "weight_decay": training.weight_decay}
        return [torch.optim.Adam(self.parameters(), lr=training.lr, **rest, fused=True)]

    def step(self, batch: contract.Batch, optimisers: list, autocast) -> dict[str, Tensor]:
        """Descends for the networks, then ascends for the multiplier."""
        losses = super().step(batch, optimisers, autocast)
        self.elbo_sum += losses["elbo" if self.learnt is None else "elbo_held_out"]
        self.elbo_steps += 1
        if self.multiplier is not None:
            self.multiplier.update(losses["bracket"] - self.config.kappa)
        return losses

    def bracket(self, q: Tensor, p: Tensor) -> Tensor:
        """{g, H} of states (..., 2) for g = q_1 p_2 - q_2 p_1: p x dK/dp + q x dU/dq up to its sign, (...).

        {g, H} = sum_i dg/dq_i dH/dp_i - dg/dp_i dH/dq_i, with dg/dq = (p_2, -p_1) and dg/dp = (-q_2, q_1).
        """
        velocity, slope = self.kinetic.slope(p), self.potential.slope(q)
        return (
            p[..., 1] * velocity[..., 0] - p[..., 0] * velocity[..., 1]
            + q[..., 1] * slope[..., 0] - q[..., 0] * slope[..., 1]
        )  # fmt: skip

    def bounds(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        q = x.float().flatten(1)[:, None]
        p, log_h = self.infer(q, noise)
        weights = self.joint(q.expand_as(p), p) - log_h
        return weights.mean(1), weights.logsumexp(1) - math.log(weights.shape[1])

    def log_density(self, x: Tensor, noise: Tensor) -> Tensor:
        """ln p(q) as the importance-weighted mean over momenta from a mixture of normal densities.

        The encoder's density is too narrow to find all momenta from which a point may come, above all at points that it
        was not trained on. The mixture therefore holds the encoder's density with its deviations multiplied by each of
        WIDENED, and centred normal densities with each of the deviations WIDE. Sample i belongs to component number i
        modulo their number, and the weight of every sample has the whole mixture in its denominator.
        """
        q = x.float().flatten(1)[:, None]
        mean, deviation = self.mean(q), self.log_deviation(q).exp()
        nothing, one = torch.zeros_like(mean), torch.ones_like(mean)
        parts = [(mean, deviation * factor) for factor in WIDENED] + [(nothing, one * width) for width in WIDE]
        centres, deviations = (torch.cat(found, dim=1) for found in zip(*parts, strict=True))  # (B, components, d)
        component = torch.arange(noise.shape[1], device=noise.device) % len(parts)
        p = centres[:, component] + deviations[:, component] * noise
        standard = (p[:, :, None] - centres[:, None]) / deviations[:, None]  # (B, samples, components, d)
        shares = component.bincount(minlength=len(parts)).to(p) / len(component)
        mixture = Normal().log_density(standard) - deviations.log().sum(-1)[:, None] + shares.log()
        weights = self.joint(q.expand_as(p), p) - mixture.logsumexp(-1)
        return weights.logsumexp(1) - math.log(weights.shape[1])

    def training_elbo(self) -> float | None:
        """The mean ELBO over all steps of the training, of points that the step had not learnt from: the batch itself
        where every point is learnt from, since a step measures before it learns, and else the held-out points. None
        before the first step."""
        return float(self.elbo_sum / self.elbo_steps) if self.elbo_steps else None

    def sample_state(self, noise: Tensor) -> Tensor:
        return self.base.sample(noise)[:, None]

    def roll_out(self, state: Tensor, count: int, step: float = 1.0) -> Tensor:
        """A frame is a leapfrog step; that number `steps`, counted from 0, is the model's density."""
        slopes, dt = (self.kinetic.slope, self.potential.slope), step * self.config.dt
        path = leapfrog(*self._halves(state), *slopes, dt, count - 1)
        return torch.cat(path, dim=-1).movedim(0, 1)

    def motion_of(self, states: Tensor) -> Tensor:
        return self._halves(states)[0].squeeze(2)

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        q, p = self._halves(states)
        kinetic, potential = self.kinetic(p), self.potential(q)
        nothing = torch.zeros_like(kinetic)
        return {"total": kinetic + potential, "kinetic": kinetic, "potential": potential, "nonseparable": nothing}

    def _halves(self, states: Tensor) -> tuple[Tensor, Tensor]:
        return states.split(self.point, dim=-1)


def _curved(energy: Energy) -> Energy:
    """Weights normal with deviation 1/sqrt(inputs), cut off at two of them, and no bias."""
    for layer in (energy.first, energy.second, energy.last):
        deviation = layer.in_features**-0.5
        nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return energy


def _drawn(points: int, groups: int) -> Tensor:
    """(groups,), true for `points` of them at random."""
    if points > groups:
        raise UserError(f"models.*.network.points: {points}, but there are {groups} training points; lower it")
    return torch.randperm(groups) < points


def _perceptron(inputs: int, first: int, second: int, outputs: int) -> nn.Sequential:
    relu = nn.ReLU()
    return nn.Sequential(nn.Linear(inputs, first), relu, nn.Linear(first, second), relu, nn.Linear(second, outputs))
