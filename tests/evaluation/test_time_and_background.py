"""Protocols of videos of simulated systems: other time steps, the background's colour, and local dimensions."""

import numpy as np
import pytest
import torch

from latentmotion.data.physics.rendering import BACKGROUND
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.evaluate import encode
from latentmotion.evaluation.metrics.two_nearest_neighbours import local_dimension
from latentmotion.evaluation.protocols import background, other_time_steps, reconstruction_distance, tracking
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models.base import SequenceModel

FRAMES = 16
SETTINGS = {"seed": 0, "generate": {"videos": 24, "frames": FRAMES}}


class Watcher:
    """Stands in for the video judge. Its features are the mean change of a frame and the level of the first half."""

    name, resizing = "fvd-test", "as-is"

    def features(self, x):
        x = x.double() / 255
        half = x[:, : x.shape[1] // 2].mean((1, 2, 3, 4))
        return torch.stack([x.diff(dim=1).abs().mean((1, 2, 3, 4)), half], 1).numpy()


class Demanding(Watcher):
    name, fewest = "fvd-long", 10


def context(folder, name: str, model) -> EvaluationContext:
    options = {"sequences": 48, "test": 24, "validation": 8, "span": 64}
    if not (folder / name).exists():
        prepare(name, None, folder / name, {"source": "real", "size": 32, "frames": FRAMES, "options": options})
    data = PreparedDataset.open(folder / name)
    splits = (data.split(part) for part in ("test", "train"))
    extractors = [Watcher(), Demanding()]
    return EvaluationContext(
        model, *splits, data, torch.device("cpu"), SETTINGS, np.arange(24), feature_extractors=extractors
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("systems")


class Brightens(SequenceModel):
    """Frames whose level rises with time by `rate` of a frame, from a level of their own; `wrong` ignores the step."""

    capabilities = frozenset({"sample_content", "sample_state", "sample_motion"})
    content_noise, state_noise = 0, 1

    def __init__(self, wrong: bool = False):
        super().__init__()
        self.wrong = wrong

    def sample_content(self, noise):
        return noise

    def sample_state(self, noise):
        return noise[:, None]

    def roll_out(self, state, count, step=1.0):
        step = abs(step) / step if self.wrong else step
        return state[:, None] * 5 + 3 * step * torch.arange(count)[:, None, None]

    def motion_of(self, states):
        return states.squeeze(2)

    def decode(self, content, motion):
        return ((100 + motion) / 127.5 - 1)[..., None, None].expand(-1, -1, 3, 32, 32)


def test_videos_at_other_steps_are_compared_with_real_ones_treated_alike(folder):
    given = context(folder, "pendulum", Brightens())
    levels = [int(level) for level in np.random.default_rng(0).normal(100, 5, 24)]
    given.split.x[:] = np.array(levels)[:, None, None, None, None] + 3 * np.arange(FRAMES)[:, None, None, None]
    assert other_time_steps.applies(given)
    good = other_time_steps.measure(given)
    name, short = "fvd-test:24x16:random-clip:as-is", "fvd-test:24x8:random-clip:as-is"
    assert set(good) == {f"{name}:{way}" for way in ("forward", "half", "reverse")} | {
        f"{short}:{way}" for way in ("double", "every-second")
    } | {f"{name.replace('test', 'long')}:{way}" for way in ("forward", "half", "reverse")}
    assert good[f"{short}:double"] == pytest.approx(good[f"{short}:every-second"], abs=1e-6)
    given.model = Brightens(wrong=True)
    bad = other_time_steps.measure(given)
    assert bad[f"{name}:forward"] == pytest.approx(good[f"{name}:forward"])
    for way in (f"{name}:half", f"{short}:double"):
        assert bad[way] > good[way]


class Replays(SequenceModel):
    """Generates the real videos, `shift` grey levels brighter where nothing is."""

    capabilities = frozenset({"sample_content", "sample_motion"})
    content_noise = 0

    def __init__(self, x, shift: int):
        super().__init__()
        self.x, self.given = np.array(x).astype(int), 0
        nothing = (np.moveaxis(self.x, 2, -1) == np.round(255 * np.array(BACKGROUND))).all(-1)
        self.x = torch.from_numpy(self.x + shift * nothing[:, :, None])

    def motion_noise(self, length):
        return 1

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        return torch.arange(len(noise))

    def decode(self, content, motion):
        return self.x[motion] / 127.5 - 1


def test_a_background_of_another_colour_explains_the_whole_distance(folder):
    given = context(folder, "three_body", None)
    given.model = Replays(given.split.x, 20)
    assert background.applies(given)
    found = background.measure(given)
    assert found["fvd-test:24x16:random-clip:as-is:true-background"] == pytest.approx(0, abs=1e-9)
    assert found["background_error"] == pytest.approx(20 / 255, rel=0.05) and found["real_background_error"] < 0.05


class Repeats(SequenceModel):
    """Its motion code is the sequence itself; it decodes it `shift` levels darker."""

    capabilities = frozenset({"encode"})

    def __init__(self, shift: float):
        super().__init__()
        self.shift = shift

    def encode(self, x, action):
        return x.new_zeros(len(x), 0), x.flatten(2)

    def decode(self, content, motion):
        return motion.unflatten(2, (3, 32, 32)) - self.shift / 127.5


def test_reconstructions_are_compared_with_their_originals(folder):
    name = "fvd-test:24x16:random-clip:as-is:reconstructed"

    def measured(shift: float) -> dict[str, float]:
        given = context(folder, "pendulum", Repeats(shift))
        given.codes = encode(given)
        assert reconstruction_distance.applies(given)
        return reconstruction_distance.measure(given)

    assert measured(0)[name] == pytest.approx(0, abs=1e-9) and measured(10)[name] > 1e-4
    assert not reconstruction_distance.applies(context(folder, "pendulum", Repeats(0)))


def test_the_arm_of_a_real_pendulum_is_rigid(folder):
    given = context(folder, "pendulum", None)
    found = tracking.tracked(given, np.array(PreparedDataset.open(folder / "pendulum").split("test").x))
    assert found["radius_spread"] < 0.03
    assert "radius_spread" not in tracking.tracked(context(folder, "three_body", None), np.array(given.split.x))


def test_local_dimensions_of_a_curve_a_surface_and_a_point():
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, 1024)
    circle = np.stack([np.cos(angle), np.sin(angle), np.zeros(1024)], 1)
    assert local_dimension(circle) == pytest.approx(1, abs=0.1)
    assert local_dimension(1e-3 * circle + 7) == pytest.approx(1, abs=0.1)
    assert local_dimension(random.uniform(size=(1024, 2)) @ random.standard_normal((2, 9))) == pytest.approx(2, abs=0.2)
    assert local_dimension(np.concatenate([circle, circle])) == pytest.approx(1, abs=0.1)
    assert local_dimension(np.ones((9, 2))) == 0
    for points in (np.ones((2, 2)), np.ones(4), np.full((4, 2), np.nan)):
        with pytest.raises(ValueError):
            local_dimension(points)
