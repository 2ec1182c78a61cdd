"""What every model must do: gradients, shapes, samples of their own, equal bits from equal seeds, saved weights.

Each function takes `make`, which builds the untrained model for data of the shape SHAPE from a seed, and raises an
AssertionError where the model does not keep the contract.
"""

from collections.abc import Callable

import torch
from safetensors.torch import load, save

from latentmotion.config.schema import Training
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.core.pixels import to_float
from latentmotion.models import base as contract
from latentmotion.models.base import Batch, DataShape, SequenceModel
from latentmotion.training.device import autocast, channels_last
from latentmotion.training.gradient_check import GradientCensus
from latentmotion.training.load import build
from latentmotion.training.precision import precision_on

SHAPE = DataShape(frames=8, channels=3, size=16, actions=6, groups=6)
Make = Callable[[int], SequenceModel]


def maker(system: str, network: dict) -> Make:
    """Builds a system with these keys of `network`; the argument of the result is the seed."""

    def make(seed: int = 0) -> SequenceModel:
        seed_torch(seed, "weights")
        return build({"system": system, "network": network}, SHAPE)

    return make


def batch(count: int = 6) -> Batch:
    """Sequences of noise, each with an action and an object of its own."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(0, 256, (count, SHAPE.frames, SHAPE.channels, SHAPE.size, SHAPE.size), generator=generator)
    places = torch.arange(count)
    return Batch(to_float(x), places % SHAPE.actions, places, torch.ones(count, SHAPE.frames, dtype=torch.bool))


def train(model: SequenceModel, steps: int, precision: str = "float32") -> list[dict]:
    """The losses of a few steps on the same batch."""
    optimisers = model.optimisers(Training(steps=steps, batch=6, lr=1e-3))
    history = []
    for step in range(steps):
        seed_torch(0, "step", step)
        history.append(model.step(batch(), optimisers, autocast(torch.device("cpu"), precision)))
    return history


def learns(make: Make) -> None:
    """Gradients reach every parameter, every parameter changes, and the squared error falls."""
    model = make(0)
    before = {name: value.clone() for name, value in model.named_parameters()}
    census = GradientCensus(model)
    optimisers = model.optimisers(Training(steps=12, batch=6, lr=1e-3))
    losses = []
    for step in range(12):
        seed_torch(0, "step", step)
        losses.append(model.step(batch(), optimisers, autocast(torch.device("cpu"), "float32")))
        census = census.check(step + 1, 100) if census else None
    assert census is None, f"no gradient in 12 steps: {sorted(census.waiting)}"
    unchanged = [name for name, value in model.named_parameters() if torch.equal(before[name], value)]
    assert unchanged == [], "these parameters do not change"
    assert all(torch.isfinite(value) for values in losses for value in values.values()), "a loss is not finite"
    if "squared_error" in losses[0]:
        assert losses[-1]["squared_error"] < losses[0]["squared_error"], "the squared error does not fall"


def keeps_its_capabilities(make: Make) -> None:
    """What the model says that it can do gives arrays of the right shapes, with pixels in [-1, 1]."""
    model = make(0).eval()
    x, action = batch().x, batch().action
    frames = (SHAPE.channels, SHAPE.size, SHAPE.size)
    with torch.no_grad():
        if contract.ENCODE in model.capabilities:
            content, motion = model.encode(x, action)
            assert content.shape[0] == motion.shape[0] == len(x) and motion.shape[1] == SHAPE.frames
            assert model.decode(content, motion).shape == x.shape
            assert model.decode(content, motion).abs().max() <= 1
        if contract.SAMPLE_MOTION in model.capabilities:
            for length in (SHAPE.frames, 2 * SHAPE.frames):
                ids = range(len(x))
                motion = model.sample_motion(action, length, normal(ids, model.motion_noise(length), 0, "m"))
                content = model.sample_content(normal(ids, model.content_noise, 0, "c"))
                assert model.decode(content, motion).shape == (len(x), length, *frames)
        if contract.PREDICT in model.capabilities:
            assert model.predict(x[:, :1], 16, action).shape == (len(x), 16, *frames)
        if contract.COMPLETE in model.capabilities:
            assert model.complete(batch()).shape == x.shape and model.complete(batch()).abs().max() <= 1
    assert model.capabilities, "the model states nothing that it can do"


def samples_alone(make: Make) -> bool:
    """A sample does not depend on its neighbours in a batch. Returns False for a model that does not sample."""
    model = make(0).eval()
    if not {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION} <= model.capabilities:
        return False
    action = batch().action
    with torch.no_grad():
        motion = model.sample_motion(action, 8, normal(range(6), model.motion_noise(8), 0, "m"))
        together = model.decode(model.sample_content(normal(range(6), model.content_noise, 0, "c")), motion)
        motion = model.sample_motion(action[4:5], 8, normal([4], model.motion_noise(8), 0, "m"))
        alone = model.decode(model.sample_content(normal([4], model.content_noise, 0, "c")), motion)
    torch.testing.assert_close(together[4:5], alone, atol=1e-4, rtol=1e-4)
    return True


def repeats(make: Make) -> None:
    """Equal seeds give equal weights after training, other seeds give others, and saved weights come back unchanged."""
    first, second, other = make(0), make(0), make(1)
    train(first, 3)
    train(second, 3)
    state = first.state_dict()
    assert all(torch.equal(value, second.state_dict()[name]) for name, value in state.items()), "not reproducible"
    assert any(not torch.equal(value, other.state_dict()[name]) for name, value in state.items())
    other.load_state_dict(load(save(state)))
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in state.items())


def follows_in_bfloat16(make: Make) -> None:
    """Training in bfloat16, with channels last, has nearly the losses of float32.

    A processor without instructions for bfloat16 trains in float32 here as everywhere (training/precision.py).
    """
    exact, fast = make(0), make(0)
    channels_last(fast)
    a, b = train(exact, 8), train(fast, 8, precision_on(torch.device("cpu"), "bfloat16"))
    for x, y in zip(a, b, strict=True):
        assert abs(x["total"] - y["total"]) < 0.05 * abs(x["total"]) + 0.05
