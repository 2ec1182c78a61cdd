"""Protocols that follow a bright object: models that move it as they should, jump, rest or leave the orbit."""

import numpy as np
import pytest
import torch
from support.shifting_sequences import context

from latentmotion.data.datasets import balls
from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.evaluation.metrics.centroid import centroids
from latentmotion.evaluation.protocols import motion_path, motion_smoothness, prior_orbit
from latentmotion.models.base import SequenceModel

COUNT, FRAMES, SIZE = 90, 8, 32


def dots(centre: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Squares of 4 x 4 pixels at rows and columns (N, T, 2), (N, T, 3, SIZE, SIZE) uint8."""
    x = np.zeros((*centre.shape[:2], 3, SIZE, SIZE), np.uint8)
    for n, t in np.ndindex(*centre.shape[:2]):
        row, column = np.round(centre[n, t]).astype(int)
        x[n, t, colour[n], row - 2 : row + 2, column - 2 : column + 2] = 255
    return x


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Dots of three colours that go straight, each from a place and in a direction of its own; 100 frames known."""
    random = np.random.default_rng(0)
    start, way = random.uniform(9, 23, (COUNT, 1, 2)), random.uniform(-0.9, 0.9, (COUNT, 1, 2))
    path = start + way * 4 * np.sin(np.arange(100) / 4)[None, :, None]
    colour = np.arange(COUNT) % 3
    x = dots(path, colour)
    split = np.repeat(["test", "validation", "train"], [40, 20, 30])
    made = Sequences(
        x[:, :FRAMES],
        {"action": np.zeros(COUNT, int), "colour": colour},
        {"action": LabelSpec("aside", ("all",)), "colour": LabelSpec("content", ("r", "g", "b"))},
        np.arange(COUNT),
        split,
        {},
        continued=x[:60],
    )
    folder = tmp_path_factory.mktemp("dots") / "dots"
    write(made, folder, {})
    return folder


class Paints(SequenceModel):
    """Canary: motion is the path of the centroid, content the colour. `shift` moves what it paints to the right; drawn
    motion goes straight from the middle, and jumps by `jump` units in the fourth frame, or rests."""

    capabilities = frozenset({"encode", "sample_content", "sample_motion"})
    content_noise = 3

    def __init__(self, shift: float = 0.0, jump: float = 0.0, rests: bool = False):
        super().__init__()
        self.shift, self.jump, self.rests = shift, jump, rests

    def motion_noise(self, length):
        return 2

    def encode(self, x, action):
        return x.amax((1, 3, 4)), centroids(x)[0]

    def sample_content(self, noise):
        return torch.nn.functional.one_hot(noise.argmax(1), 3) * 2.0 - 1

    def sample_motion(self, action, length, noise):
        time = torch.arange(length)[None, :, None] * (not self.rests)
        path = 32 + noise[:, None].clamp(-1, 1) * time.double()
        path[:, 3:] += self.jump
        return path

    def decode(self, content, motion):
        at = (torch.arange(SIZE) + 0.5) * 64 / SIZE
        column, row = motion[..., 0] + self.shift, motion[..., 1]
        near = (at - column[..., None]).abs()[..., None, :] + (at - row[..., None]).abs()[..., None]
        disc = (near < 6).float()[:, :, None]
        return (content[:, None, :, None, None] + 1) * disc - 1


def measured(protocol, folder, model, **settings):
    given = context(folder, model, **settings)
    assert not hasattr(protocol, "applies") or protocol.applies(given)
    with torch.no_grad():
        return protocol.measure(given)


def test_the_centroid_of_a_square_is_its_middle():
    x = torch.from_numpy(dots(np.array([[[10.0, 20.0]]]), np.array([1]))).float() / 127.5 - 1
    place, weight = centroids(x)
    torch.testing.assert_close(place[0, 0], torch.tensor([40.0, 20.0]).double())
    assert weight.item() == pytest.approx(16 / SIZE**2)
    assert torch.isnan(centroids(-torch.ones(1, 1, 3, 4, 4))[0]).all() and centroids(x * 0 - 0.9)[1].item() == 0


def test_a_swapped_dot_goes_the_way_of_the_sequence_that_lends_its_motion(folder):
    found = measured(motion_path, folder, Paints())
    for span in ("", "long_"):
        for kind in ("reconstruction", "swap", "prior"):
            assert found[f"{span}{kind}_distance"] < 1.0
        assert found[f"{span}unrelated_distance"] > 8 and found[f"{span}swap_over_unrelated"] < 0.1
    assert found["found"] == 1
    shifted = measured(motion_path, folder, Paints(shift=5.0))
    assert shifted["long_swap_distance"] == pytest.approx(5, abs=1)
    assert "long_found" not in measured(motion_path, folder, Paints(), rollout_length=200)


def test_nothing_bright_counts_as_far(folder):
    found = measured(motion_path, folder, Paints(shift=1e3))
    assert found["found"] == 0 and found["swap_distance"] == pytest.approx(64 * 2**0.5)


def test_a_jump_is_the_largest_second_difference(folder):
    smooth, jumps = (measured(motion_smoothness, folder, Paints(jump=jump)) for jump in (0.0, 12.0))
    assert smooth["found"] == jumps["found"] == 1
    assert jumps["largest_jump"] > 5 * smooth["largest_jump"] and jumps["largest_jump"] > 5
    assert jumps["path_spread"] == pytest.approx(smooth["path_spread"], rel=0.1)
    rests = measured(motion_smoothness, folder, Paints(rests=True))
    assert rests["path_spread"] == 0 and rests["largest_jump"] < 1e-6


@pytest.fixture(scope="module")
def orbits(tmp_path_factory):
    options = balls.OPTIONS | {"sequences": 40, "test": 20, "validation": 4}
    settings = {"source": "real", "size": 32, "frames": 16, "options": options}
    folder = tmp_path_factory.mktemp("balls") / "balls"
    write(balls.prepare(None, settings), folder, settings)
    return folder


class Orbits(SequenceModel):
    """Draws balls on circles whose radius is `share` of the true one at the start, and shrinks by `shrinks` a frame."""

    capabilities = frozenset({"sample_content", "sample_motion"})
    content_noise = 1

    def __init__(self, share: float = 1.0, shrinks: float = 0.0):
        super().__init__()
        self.share, self.shrinks = share, shrinks

    def motion_noise(self, length):
        return 1

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        time = torch.arange(length)
        return torch.stack([noise + 0.4 * time, (self.share - self.shrinks * time).expand(len(noise), -1)], -1)

    def decode(self, content, motion):
        angle, share = motion.double().unbind(-1)
        colour = np.zeros(angle.shape[0], int)
        parts = [
            balls.draw(angle[:, t : t + 1].numpy(), colour, 20 * share[0, t].item(), 8, 32)
            for t in range(angle.shape[1])
        ]
        return torch.from_numpy(np.concatenate(parts, axis=1)).float() / 127.5 - 1


def test_the_distance_from_the_orbit_is_in_pixels(orbits):
    found = measured(prior_orbit, orbits, Orbits(), rollout_length=20)
    assert found["found"] == 1 and found["orbit_deviation"] < 0.05 > found["real_orbit_deviation"]
    assert "motion_spread" not in found
    # The true radius is 20 of 64 units, 10 of 32 pixels.
    near = measured(prior_orbit, orbits, Orbits(share=0.8), rollout_length=20)
    assert near["orbit_deviation"] == pytest.approx(2, abs=0.1) == near["orbit_deviation_last"]
    falling = measured(prior_orbit, orbits, Orbits(shrinks=0.02), rollout_length=20)
    assert falling["orbit_deviation_last"] == pytest.approx(3.4, abs=0.2)
    assert falling["orbit_deviation"] == pytest.approx(1.9, abs=0.2)
