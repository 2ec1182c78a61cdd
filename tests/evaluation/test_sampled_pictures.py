"""Protocols of sampled and encoded pictures: digits that change, blur, separate and active codes, and rotation."""

import numpy as np
import pytest
import torch
from support.shifting_sequences import context

from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.evaluation.metrics.dci import dci
from latentmotion.evaluation.protocols import active_units, content_factors, digit_windows, prior_rotation, sharpness
from latentmotion.models.base import SequenceModel

COUNT, SIZE = 300, 16


def specs(**labels) -> dict:
    return {name: LabelSpec("content", tuple(map(str, range(count)))) for name, count in labels.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Noise whose brightness is the digit, over 4 frames and over 24. It does not show the labels hair and top."""
    number = np.arange(COUNT)
    noise = np.random.default_rng(0).integers(0, 20, (COUNT, 24, 1, SIZE, SIZE))
    x = (noise + 60 * (number % 3)[:, None, None, None, None]).astype(np.uint8)
    labels = {"action": np.zeros(COUNT, int), "digit": number % 3, "hair": number // 3 % 4, "top": number // 12 % 4}
    kinds = {"action": LabelSpec("aside", ("all",))} | specs(digit=3, hair=4, top=4)
    split = np.repeat(["test", "validation", "train"], [100, 50, 150])
    folder = tmp_path_factory.mktemp("pictures") / "pictures"
    write(Sequences(x[:, :4], labels, kinds, number, split, {}, continued=x[:150]), folder, {})
    return folder


class Draws(SequenceModel):
    """Draws videos of a brightness that may change after some frames, with a gradient that may fade with time."""

    capabilities = frozenset({"sample_content", "sample_motion"})
    content_noise = 1

    def __init__(self, changes_at: int = 10**6, share: float = 1.0, fades: float = 1.0):
        super().__init__()
        self.changes_at, self.share, self.fades = changes_at, share, fades

    def motion_noise(self, length):
        return 1

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        return noise[:, None].expand(-1, length, 1)

    def decode(self, content, motion):
        time = torch.arange(motion.shape[1])
        digit = ((content * 1e4).long() % 3).expand(-1, len(time)) + (time >= self.changes_at)
        stripes = torch.arange(SIZE) % 2 * 2.0 - 1
        texture = 0.1 * self.share * self.fades ** time[:, None, None, None] * stripes
        level = (60 * (digit % 3) + 10) / 127.5 - 1
        return level[..., None, None, None] + texture.expand(1, -1, 1, SIZE, SIZE)


class Brightness:
    record = {"kind": "content"}

    def probabilities(self, x):
        digit = ((x.flatten(1).mean(1) + 1) * 127.5 / 60).long().clamp(0, 2)
        return torch.nn.functional.one_hot(digit, 3).double()


def windows(folder, model, **settings):
    given = context(folder, model, rollout_length=24, **settings)
    assert not digit_windows.applies(given)
    given.judges["digit"] = Brightness()
    assert digit_windows.applies(given)
    with torch.no_grad():
        return digit_windows.measure(given)


def test_a_digit_that_changes_along_the_way_is_noticed(folder):
    found, changes = windows(folder, Draws()), windows(folder, Draws(changes_at=20))
    assert found["same_digit"] == found["real_same_digit"] == found["confidence"] == 1 and found["changed_digit"] == 0
    assert changes["same_digit"] == 0 and changes["changed_digit"] == 1
    assert found["digit_h_y_given_x"] == 0 and found["digit_h_y"] == pytest.approx(np.log(3), abs=0.1)
    assert windows(folder, Draws(changes_at=24))["same_digit"] == 1


def test_sharpness_is_that_of_gradients_and_falls_with_them(folder):
    def measured(**changed):
        with torch.no_grad():
            return sharpness.measure(context(folder, Draws(**changed)))

    full, half, fading = measured(), measured(share=0.5), measured(fades=0.7)
    assert full["sharpness_first"] == pytest.approx(full["sharpness_last"], rel=0.05)
    assert half["sharpness_first"] == pytest.approx(full["sharpness_first"] / 4, rel=0.1)
    assert fading["sharpness_last"] == pytest.approx(full["sharpness_last"] * 0.7**6, rel=0.15)
    assert fading["sharpness_slope"] < -0.2 * full["sharpness_first"] and abs(full["sharpness_slope"]) < 0.05


class Labels(SequenceModel):
    """Its content is the labels themselves, one number each, or mixed by a rotation. It knows every sequence."""

    capabilities = frozenset({"encode"})

    def __init__(self, folder, turn=None):
        super().__init__()
        given = context(folder, None)
        self.known = {}
        for split in (given.train, given.split):
            codes = np.stack([split.labels[name] for name in ("digit", "hair", "top")], 1) + 0.0
            codes = np.concatenate([codes, np.random.default_rng(0).standard_normal((len(codes), 1)) / 100], 1)
            for x, code in zip(np.asarray(split.x), codes @ (np.eye(4) if turn is None else turn), strict=True):
                self.known[x.tobytes()] = code

    def encode(self, x, action):
        pictures = ((x + 1) * 127.5).round().to(torch.uint8).numpy()
        return torch.tensor(np.stack([self.known[picture.tobytes()] for picture in pictures])), x.flatten(2)[:, :, :2]


def factors(folder, model):
    given = context(folder, model)
    assert content_factors.applies(given)
    with torch.no_grad():
        return content_factors.measure(given)


def test_one_number_for_each_attribute_is_disentangled_and_a_mixture_is_not(folder):
    found = factors(folder, Labels(folder))
    # The fourth number is noise, which the forest uses a little for every attribute.
    assert found["disentanglement"] > 0.7 and found["completeness"] > 0.6 and found["attribute_accuracy_worst"] == 1
    assert found["rotated_disentanglement"] < found["disentanglement"] - 0.3
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
    assert factors(folder, Labels(folder, turn))["disentanglement"] < 0.6


def test_disentanglement_of_known_importances():
    assert dci(np.eye(3)) == pytest.approx((1, 1))
    assert dci(np.ones((4, 2))) == pytest.approx((0, 0), abs=1e-12)
    # Each factor needs two numbers of its own: every number is pure, but no factor is complete.
    assert dci(np.repeat(np.eye(2), 2, axis=0)) == pytest.approx((1, 0.5))
    for wrong in (np.ones((1, 2)), -np.eye(2), np.array([[1.0, 0.0], [1.0, 0.0]])):
        with pytest.raises(ValueError):
            dci(wrong)


def test_active_numbers_are_those_that_vary(folder):
    given = context(folder, Labels(folder))
    assert active_units.applies(given)
    found = active_units.measure(given)
    assert (found["content_active"], found["content_size"]) == (3, 4) and found["motion_size"] == 2
    variance = given.codes.content.numpy().var(0).mean()
    assert found["content_deviation"] == pytest.approx(variance**0.5) and 1 < found["content_dimensions"] < 3
    given.codes.motion = given.codes.motion * 0 + 3.0
    assert active_units.measure(given)["motion_active"] == 0


@pytest.fixture(scope="module")
def turning(tmp_path_factory):
    """Bars of 40 widths that turn by 22.5 degrees a frame; one angle is hidden."""
    x = np.stack([bars(np.arange(16) * 22.5, 1.5 + 0.02 * n) for n in range(120)])
    seen = np.ones((120, 16), bool)
    seen[:, 3] = False
    hidden = ~seen
    x[40:, 9] = seen[40:, 9] = 0  # neither shown nor scored, and black
    split = np.repeat(["train", "validation", "test"], 40)
    labels = {"action": np.zeros(120, int)}
    folder = tmp_path_factory.mktemp("turning") / "turning"
    made = Sequences(
        x, labels, {"action": LabelSpec("aside", ("turn",))}, np.arange(120), split, {}, seen=seen, scored=hidden
    )
    write(made, folder, {})
    return folder


def bars(degrees: np.ndarray, width: float) -> np.ndarray:
    """A bar from the middle outwards at each angle, (T, 1, SIZE, SIZE) uint8."""
    at = np.arange(SIZE) - (SIZE - 1) / 2
    across, along = np.meshgrid(at, at)
    c, s = (part[:, None, None] for part in (np.cos(np.radians(degrees)), np.sin(np.radians(degrees))))
    out, side = c * across + s * along, c * along - s * across
    ink = np.clip(width - np.abs(side), 0, 1) * np.clip(out + 1, 0, 1) * np.clip(7 - out, 0, 1)
    return (255 * ink[:, None]).round().astype(np.uint8)


class Turns(SequenceModel):
    """Draws bars that start anywhere and turn by `step` degrees a frame, or noise from frame `breaks` on."""

    capabilities = frozenset({"sample_content", "sample_motion"})
    content_noise = 0

    def __init__(self, step: float = 22.5, breaks: int = 10**6):
        super().__init__()
        self.step, self.breaks = step, breaks

    def motion_noise(self, length):
        return 1

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        return 22.5 * (16 * noise[:, None]).round() + self.step * torch.arange(length)[:, None]

    def decode(self, content, motion):
        x = np.stack([bars(row.numpy(), 2.0) for row in motion[..., 0].double()])
        x[:, self.breaks :] = np.random.default_rng(0).integers(0, 256, x[:, self.breaks :].shape)
        return torch.from_numpy(x).float() / 127.5 - 1


def rotation(folder, **changed):
    with torch.no_grad():
        return prior_rotation.measure(context(folder, Turns(**changed), rollout_length=32))


def test_rotation_at_the_speed_of_the_data_is_regular(turning):
    found = rotation(turning)
    real = np.delete(np.asarray(context(turning, None).split.x), 9, axis=1)
    contrast = bars(np.arange(16) * 22.5, 2.0).std() / real.std((2, 3, 4)).mean()
    assert found["digit_share"] > 0.9 and found["advance"] == found["real_advance"] == pytest.approx(22.5)
    assert found["regular_share"] > 0.9 and found["contrast"] == pytest.approx(contrast, rel=0.05)
    assert found["real_regular_share"] == 1


def test_another_speed_and_frames_that_break_are_told(turning):
    assert rotation(turning, step=45.0)["advance"] == pytest.approx(45)
    assert rotation(turning, step=0.0)["regular_share"] == 0 and rotation(turning, step=-22.5)["advance"] == -22.5
    broken = rotation(turning, breaks=16)
    assert broken["digit_share_last"] == 0 and broken["digit_share"] == pytest.approx(0.5, abs=0.1)
