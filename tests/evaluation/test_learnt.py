"""Whether a run has learnt: made-up models on made-up data pass and miss the bars as they should."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from support.project import ROOT
from support.shifting_sequences import SPEED, Shows, context, mean_picture, prepared, still

from latentmotion.config import params
from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import write
from latentmotion.evaluation import bars as bar_file
from latentmotion.evaluation import learnt as module
from latentmotion.evaluation.bars import BARS, COMPLETES, DENSITY, GENERATES, RECONSTRUCTS, Bar, bars
from latentmotion.evaluation.learnt import learnt
from latentmotion.evaluation.metrics.effective_classes import effective_classes
from latentmotion.evaluation.protocols import content_diversity
from latentmotion.models.base import SequenceModel

P = params.load(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shifts") / "sprites"
    write(prepared(), folder, {})
    return folder


class Judge:
    """A judge that is right: of the action by the shift between frames 0 and 1, of the colour by the brightness."""

    def __init__(self, label: str):
        kind, classes = ("motion", ("right", "left", "fast")) if label == "action" else ("content", tuple("abcd"))
        self.record = {"kind": kind, "classes": classes, "validation_accuracy": 1.0}

    def probabilities(self, x):
        if self.record["kind"] == "content":
            brightness = ((x.mean((1, 2, 3, 4)) + 1) * 127.5 - 31) / 60
            return torch.nn.functional.one_hot(brightness.round().long().clamp(0, 3), 4).double()
        shifted = torch.stack([x[:, 0].roll(int(speed), dims=-1) for speed in SPEED], 1)
        distance = (shifted - x[:, None, 1]).square().flatten(2).sum(2)
        return torch.nn.functional.one_hot(distance.argmin(1), 3).double()


class Walks(Shows):
    """Canary: shows the sequences themselves, and when asked for an action it moves the first frame so."""

    capabilities = frozenset({"encode", "sample_motion", "action_motion"})

    def motion_noise(self, length):
        return 1

    def sample_motion(self, action, length, noise):
        return 1.0 + action[:, None, None].float().expand(-1, length, 1)

    def decode(self, content, motion):
        asked = motion[:, 0, 0].long() - 1
        moved = [
            x if a < 0 else torch.stack([x[0].roll(int(SPEED[a]) * t, dims=-1) for t in range(len(x))])
            for x, a in zip(content, asked, strict=True)
        ]
        return self.change(torch.stack(moved))


class Samples(SequenceModel):
    """Canary: generates noise of as many brightnesses as `colours` says, shifting as its action."""

    capabilities = frozenset({"sample_content", "sample_motion", "action_motion"})
    content_noise = 3 * 16 * 16

    def __init__(self, colours: int):
        super().__init__()
        self.colours = colours

    def motion_noise(self, length):
        return 1

    def sample_content(self, noise):
        colour = (noise[:, :1].abs() * 1e4).long() % self.colours
        return ((32 + 12 * noise.clamp(-2, 2) + 60 * colour) / 127.5 - 1).view(-1, 3, 16, 16)

    def sample_motion(self, action, length, noise):
        return action[:, None, None].float().expand(-1, length, 1)

    def decode(self, content, motion):
        return torch.stack(
            [
                torch.stack([x.roll(int(SPEED[int(m[0, 0])]) * t, dims=-1) for t in range(len(m))])
                for x, m in zip(content, motion, strict=True)
            ]
        )


def verdict(folder, model, *judged):
    given = context(folder, model)
    given.judges = {label: Judge(label) for label in judged}
    return learnt(given)


def test_a_model_that_repeats_its_input_has_learnt(folder):
    found = verdict(folder, Shows(lambda x: x))
    assert found["learnt"] is True and found["learnt_why"] == ""
    assert [entry["metric"] for entry in found["learnt_by"]] == ["explained", "change_explained"]
    assert all(entry["passed"] and entry["value"] == pytest.approx(1) for entry in found["learnt_by"])


def test_the_mean_picture_has_not_learnt(folder):
    found = verdict(folder, Shows(lambda x: mean_picture(folder).expand_as(x)))
    assert found["learnt"] is False and not any(entry["passed"] for entry in found["learnt_by"])
    assert found["learnt_why"].startswith("On validation sequences, the run explains ")
    assert "of the energy of the frames (bar 0." in found["learnt_why"] and found["learnt_why"].endswith(").")


def test_still_pictures_have_not_learnt(folder):
    found = verdict(folder, Shows(still))
    assert found["learnt"] is False and found["learnt_by"][1]["passed"] is False


def test_the_verdict_is_of_validation_sequences(folder):
    given = module.validation(context(folder, Shows(lambda x: x)))
    assert given.split.name.endswith("validation") and len(given.split) == 30
    truth = PreparedDataset.open(folder).split("validation").x
    np.testing.assert_array_equal(given.split.x, truth)


def test_of_a_large_validation_split_a_part_is_measured(folder, monkeypatch):
    monkeypatch.setattr(module, "SEQUENCES", 11)
    given = module.validation(context(folder, Shows(lambda x: x)))
    whole = PreparedDataset.open(folder).split("validation")
    assert given.split.x.shape == (11, 8, 3, 16, 16) and len(given.partners) == len(given.codes.action) == 11
    place = np.searchsorted(whole.group, given.split.group)
    np.testing.assert_array_equal(given.split.x, whole.x[place])
    np.testing.assert_array_equal(given.split.labels["colour"], whole.labels["colour"][place])


def test_the_requested_action_must_be_shown(folder):
    obeys = verdict(folder, Walks(lambda x: x), "action")
    assert obeys["learnt"] and obeys["learnt_by"][-1]["protocol"] == "motion-prior"
    assert obeys["learnt_by"][-1]["bar"] == pytest.approx(2 / 3), "halfway from 1/3 to the judge's 1"

    class Ignores(Walks):
        def sample_motion(self, action, length, noise):
            return super().sample_motion(torch.zeros_like(action), length, noise)

    found = verdict(folder, Ignores(lambda x: x), "action")
    assert found["learnt"] is False and [entry["passed"] for entry in found["learnt_by"]] == [True, True, False]
    assert "shows the requested action in 0." in found["learnt_why"]


def test_a_generator_of_one_content_has_not_learnt(folder):
    many, one = (verdict(folder, Samples(colours), "action", "colour") for colours in (4, 1))
    assert many["learnt"] is True, many["learnt_why"]
    assert one["learnt"] is False and one["learnt_by"][0]["value"] == 1 and one["learnt_by"][1]["passed"]
    assert "generates 1 different contents in effect (bar 1.7" in one["learnt_why"]
    assert one["learnt_by"][0]["baseline"] == pytest.approx(4, abs=0.2)
    given = context(folder, Samples(2))
    given.judges = {label: Judge(label) for label in ("action", "colour")}
    found = content_diversity.measure(given)
    assert found["content_classes"] == 2 and found["content_effective"] == pytest.approx(2, abs=0.05)
    assert found["real_content_classes"] == 4 and found["content_uncertainty"] == 0


def test_effective_classes():
    count, effective = effective_classes(np.array([[0, 1]] * 3 + [[1, 1]]))
    assert count == 2 and effective == pytest.approx(math.exp(0.25 * math.log(4) + 0.75 * math.log(4 / 3)))
    assert effective_classes(np.zeros((5, 2), int)) == (1, 1.0)
    with pytest.raises(ValueError, match="need labels"):
        effective_classes(np.zeros((0, 2), int))


def entry(bar: Bar, own: dict, real: dict | None = None) -> dict:
    return module.passed(bar, own, real or {}, SimpleNamespace(judges={}))


def test_a_bar_from_a_baseline_of_real_sequences():
    (bar,) = BARS["rotating_mnist"][COMPLETES]
    real = {("nearest-angle", "mean_mse"): 0.05}
    good, bad = (entry(bar, {("missing-angle", "mse"): value}, real) for value in (0.02, 0.06))
    assert good["passed"] and not bad["passed"] and good["bar"] == good["baseline"] == 0.05


def test_a_bar_from_the_same_protocol():
    right = BARS["pendulum"][GENERATES][0]
    scores = {("tracking", "real_right_number"): 1.0, ("tracking", "right_number"): 0.84}
    assert entry(right, scores)["passed"] is False and entry(right, scores)["bar"] == pytest.approx(0.9)
    (density,) = BARS["ring"][DENSITY]
    scores = {("likelihood", "gaussian"): -4.0, ("likelihood", "target"): -3.0}
    for value, passes in ((-3.4, True), (-3.6, False), (-2.5, True)):
        assert entry(density, scores | {("likelihood", "log_p"): value})["passed"] is passes


def test_few_points_are_measured_on_themselves():
    (density,) = BARS["ring_finite"][DENSITY]
    scores = {("likelihood", "train_gaussian"): -3.6, ("likelihood", "train_target"): -2.8, ("likelihood", "log_p"): -9}
    assert entry(density, scores | {("likelihood", "train_log_p"): -3.1})["passed"]
    assert not entry(density, scores | {("likelihood", "train_log_p"): -3.3})["passed"]


def test_what_was_not_measured_is_not_passed():
    speed = BARS["pendulum"][GENERATES][2]
    found = entry(speed, {("tracking", "real_speed"): 2.0})
    assert found["value"] is None and found["passed"] is False
    assert module.why((speed,), [found]) == (
        "On validation sequences, the run moves its discs at a speed of an unknown amount (bar 0.5)."
    )


@pytest.mark.parametrize("name", list(P.datasets))
def test_every_data_set_has_bars_and_they_say_why(name):
    assert name in BARS
    for found in BARS[name].values():
        for bar in found:
            assert bar.why.endswith(".") and {"{value}", "{bar}"} <= set(bar.finding.split("(")[0].split()) | {"{bar}"}
            assert bar.worst != bar.best and bar.finding.endswith("(bar {bar})")


def test_a_data_set_without_a_bar_names_the_file():
    with pytest.raises(UserError, match=r"evaluation/bars.py: BARS has no bar on data set 'mine' .* that encodes; add"):
        bars("mine", frozenset({"encode"}), False, False)
    with pytest.raises(UserError, match="data set 'ring' for a model that generates"):
        bars("ring", frozenset({"sample_content"}), False, False)


def test_a_data_set_of_another_package_has_its_own_bars(monkeypatch):
    (own,) = BARS["rotating_mnist"][COMPLETES]
    added = SimpleNamespace(__file__="theirs/mydata.py", BARS={RECONSTRUCTS: [own]})
    monkeypatch.setattr(bar_file, "plugins", lambda folder: {"mydata": added})
    monkeypatch.setattr(bar_file, "import_module", lambda folder, name: added)
    assert bars("mydata", frozenset({"encode"}), False, False) == (own,)
    with pytest.raises(UserError, match=r"theirs/mydata.py: BARS has no bar on data set 'mydata'"):
        bars("mydata", frozenset({"sample_content"}), False, False)


def test_the_action_is_asked_of_what_can_be_asked():
    def protocol(*able):
        return bars("sprites", frozenset(able), False, True)[-1].protocol

    assert protocol("encode", "action_motion") == "motion-prior" and protocol("encode") == "content-prior"
    assert protocol("sample_content", "action_motion") == "generate"
    assert bars("faces", frozenset({"sample_content"}), False, True) == BARS["faces"][GENERATES]
    assert bars("sprites", frozenset({"encode"}), False, False) == BARS["sprites"][RECONSTRUCTS]


def test_on_a_data_set_without_any_bar_it_is_not_known():
    found = module.learnt(SimpleNamespace(data=SimpleNamespace(id="videos")))
    assert (found["learnt"], found["learnt_by"]) == (None, []) and found["learnt_why"].startswith("No bar is set")
