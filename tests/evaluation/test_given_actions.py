"""Protocols that ask for an action: a model that obeys is told from one that shows the action of its content."""

import numpy as np
import pytest
import torch
from support.shifting_sequences import context

from latentmotion.data.datasets.sprites import ACTIONS, GESTURES, VIEWS
from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.evaluation.judging import generated_batches, judge_batches
from latentmotion.evaluation.protocols import gesture_prior, motion_prior_own
from latentmotion.models.base import SequenceModel

COUNT = 360


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures with a number for each sequence in two pixels, so that no two are equal."""
    action, number = np.arange(COUNT) % len(ACTIONS), np.arange(COUNT)
    x = np.zeros((COUNT, 4, 3, 8, 8), np.uint8)
    x[..., 0, 0], x[..., 0, 1] = (part[:, None, None] for part in divmod(number, 256))
    labels = {"action": action, "gesture": action // 3, "view": action % 3, "hair": np.arange(COUNT) // 9 % 2}
    specs = {
        "action": LabelSpec("motion", ACTIONS),
        "gesture": LabelSpec("aside", GESTURES),
        "view": LabelSpec("aside", VIEWS),
        "hair": LabelSpec("content", ("a", "b")),
    }
    split = np.repeat(["train", "validation", "test"], [180, 90, 90])
    folder = tmp_path_factory.mktemp("gestures") / "gestures"
    write(Sequences(x, labels, specs, np.arange(COUNT) // 9, split, {}), folder, {})
    return folder


class Shows(SequenceModel):
    """Canary: its content is the true action. The brightness of its frames, in steps of 10 levels, is the action that
    it is asked for, or, with `shown`, what that function makes of it and of the content."""

    capabilities = frozenset({"encode", "sample_motion", "action_motion", "predict"})

    def __init__(self, shown=lambda asked, own: asked):
        super().__init__()
        self.shown = shown

    def motion_noise(self, length):
        return 1

    def encode(self, x, action):
        return action[:, None].float(), action[:, None, None].expand(-1, x.shape[1], 1).float()

    def sample_motion(self, action, length, noise):
        return action[:, None, None].expand(-1, length, 1).float()

    def decode(self, content, motion):
        shown = self.shown(motion[..., 0].long(), content.long())
        return (10 * shown / 127.5 - 1)[..., None, None, None].expand(-1, -1, 3, 8, 8)

    def predict(self, first, length, action):
        return self.decode(action[:, None].float(), action[:, None, None].expand(-1, length, 1).float())


class Reads:
    """A judge that reads the action from the brightness."""

    record = {"kind": "motion"}

    def probabilities(self, x):
        action = ((x.flatten(1).mean(1) + 1) * 12.75).round().long()
        return torch.nn.functional.one_hot(action, len(ACTIONS)).double()


class Bald:
    """A judge that always sees the same hair."""

    record = {"kind": "content"}

    def probabilities(self, x):
        return torch.tensor([[1.0, 0.0]]).double().expand(len(x), 2)


def given(folder, model):
    made = context(folder, model)
    made.judges |= {"action": Reads(), "hair": Bald()}
    return made


def asked(folder, model) -> dict[str, float]:
    made = given(folder, model)
    assert gesture_prior.applies(made)
    with torch.no_grad():
        return gesture_prior.measure(made)


def test_a_model_that_obeys_shows_the_gesture_in_its_own_view(folder):
    found = asked(folder, Shows())
    for prefix in ("", "continued_"):
        assert all(found[f"{prefix}{name}_accuracy"] == 1 for name in ("action", "gesture", "view"))
        assert found[f"{prefix}hair_accuracy"] == pytest.approx(0.5, abs=0.1)


def test_a_model_that_shows_the_action_of_its_content_keeps_the_view_alone(folder):
    found = asked(folder, Shows(lambda asked, own: own))
    partners = context(folder, Shows()).partners
    action = np.arange(90) % 9
    alike = np.mean(action // 3 == action[partners] // 3)
    assert found["view_accuracy"] == 1 and found["gesture_accuracy"] == found["action_accuracy"] == pytest.approx(alike)


def test_the_view_may_be_lost_alone(folder):
    found = asked(folder, Shows(lambda asked, own: asked // 3 * 3 + (asked + 1) % 3))
    assert found["gesture_accuracy"] == 1 and found["view_accuracy"] == found["action_accuracy"] == 0


def test_sequences_without_views_are_not_entered(folder):
    made = given(folder, Shows())
    made.judges.clear()
    assert not gesture_prior.applies(made)


def test_the_own_action_is_asked_for(folder):
    made = given(folder, Shows())
    scores = judge_batches(made, generated_batches(made, motion_prior_own), "own")
    assert scores["action_accuracy"] == 1 and scores["hair_accuracy"] == pytest.approx(0.5, abs=0.1)
    made = given(folder, Shows(lambda asked, own: (asked + 1) % 9))
    assert judge_batches(made, generated_batches(made, motion_prior_own), "other")["action_accuracy"] == 0
