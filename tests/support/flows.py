"""Small Hamiltonian flows for the tests, their training, and the quadrature that estimates are compared with."""

import contextlib
import math

import numpy as np
import torch

from latentmotion.config.schema import Training
from latentmotion.core.keyed_random import seed_torch
from latentmotion.data.points import options
from latentmotion.models import hamiltonian_flow
from latentmotion.models.base import Batch, DataShape
from latentmotion.training.load import build

POINT = DataShape(frames=1, channels=2, size=1, actions=1, groups=64)
NARROW = {"hidden": 16}


def make(shape: DataShape = POINT, seed: int = 0, **network) -> hamiltonian_flow.Model:
    seed_torch(seed, "weights")
    return build({"system": "hamiltonian_flow", "network": NARROW | network}, shape)


def batch(q: torch.Tensor) -> Batch:
    places = torch.arange(len(q))
    return Batch(q[:, None], torch.zeros_like(places), places, torch.ones(len(q), 1, dtype=torch.bool))


def train(model: hamiltonian_flow.Model, points: np.ndarray, steps: int, lr: float = 3e-3) -> list[dict]:
    q = torch.from_numpy(points.astype(np.float32))
    optimisers, history = model.optimisers(Training(steps=steps, batch=len(q), lr=lr)), []
    for step in range(steps):
        model.progress = step / steps
        seed_torch(0, "step", step)
        history.append(model.step(batch(q), optimisers, contextlib.nullcontext))
    return history


def plane(reach: float, count: int) -> tuple[np.ndarray, float]:
    """(count², 2) points of a square and the area of each."""
    ticks = (np.arange(count) + 0.5) * (2 * reach / count) - reach
    return np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2), (2 * reach / count) ** 2


def marginal(model: hamiltonian_flow.Model, q: torch.Tensor) -> torch.Tensor:
    """ln p(q) of points (B, 2) by quadrature over p, double precision."""
    p, area = plane(12.0, 60)
    p = torch.from_numpy(p)
    heights = [model.joint(point.expand_as(p), p).logsumexp(0) for point in q.double()]
    return torch.stack(heights) + math.log(area)


def settings(**changes) -> dict:
    few = {"train": 40, "validation": 16, "test": 16}
    return {"source": "real", "size": 1, "frames": 1, "options": options(40) | few} | changes
