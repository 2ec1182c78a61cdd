"""Protocol category: classes without names are matched to actions on training data and scored on test data."""

from itertools import permutations

import numpy as np
import pytest
import torch

from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.protocols import category
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract
from latentmotion.training.load import build

ACTIONS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sequences whose pixels say what their action is and whether they are of the test split."""
    folder = tmp_path_factory.mktemp("actions") / "actions"
    count = 60 * ACTIONS
    action = np.arange(count) % ACTIONS
    split = np.array(["train", "validation", "test"])[np.digitize(np.arange(count), [0.5 * count, 0.6 * count])]
    x = np.random.default_rng(0).integers(0, 256, (count, 3, 1, 8, 8)).astype(np.uint8)
    x[:, :, 0, 0, 0], x[:, :, 0, 0, 1] = action[:, None], 255 * (split == "test")[:, None]
    specs = {"action": LabelSpec("motion", tuple("abcd"))}
    write(Sequences(x, {"action": action}, specs, np.arange(count), split, {}), folder, {})
    return folder


class Names(contract.SequenceModel):
    """Canary: infers a class from the true action; `test` says which one on the test split, where it differs."""

    capabilities = frozenset({contract.ENCODE, contract.CATEGORY})

    def __init__(self, train: list[int], test: list[int] | None = None):
        super().__init__()
        self.known, self.found = torch.tensor(train), torch.tensor(test or train)

    def encode(self, x, action):
        pixels = ((x[:, 0, 0, 0, :2] + 1) * 127.5).round().long()
        named = torch.where(pixels[:, 1] > 127, self.found[pixels[:, 0]], self.known[pixels[:, 0]])
        motion = torch.nn.functional.one_hot(named, ACTIONS).float()
        return torch.zeros(len(x), 1), motion[:, None].expand(-1, x.shape[1], -1)

    def category(self, motion):
        return motion[:, 0].argmax(1)


def scored(folder, model) -> float:
    test, train = PreparedDataset.open(folder).split("test"), PreparedDataset.open(folder).split("train")
    context = EvaluationContext(
        model, test, train, PreparedDataset.open(folder), torch.device("cpu"), {"seed": 0}, np.arange(len(test))
    )
    context.codes = evaluation.encode(context)
    assert category.applies(context) and model.capabilities >= category.NEEDS
    return category.measure(context)["category_accuracy"]


@pytest.mark.parametrize("names", [(0, 1, 2, 3), (2, 3, 1, 0), (3, 0, 1, 2)])
def test_what_the_classes_are_called_does_not_count(folder, names):
    assert scored(folder, Names(list(names))) == 1


def test_the_matching_is_one_to_one_and_not_learnt_from_what_is_scored(folder):
    assert scored(folder, Names([0, 0, 0, 0])) == 1 / ACTIONS, "always the same class"
    assert scored(folder, Names([0, 0, 1, 1])) == 2 / ACTIONS, "a class stands for one action only"
    assert scored(folder, Names([0, 1, 2, 3], [1, 0, 2, 3])) == 2 / ACTIONS, "other names in the test split"
    assert scored(folder, Names([0, 1, 2, 3], [1, 2, 3, 0])) == 0


def test_the_matching_is_the_best_of_all():
    random = np.random.default_rng(0)
    found, action = random.integers(0, ACTIONS, 200), random.integers(0, ACTIONS, 200)
    best = max(np.mean(np.array(order)[found] == action) for order in permutations(range(ACTIONS)))
    assert np.mean(category.matched(found, action, ACTIONS)[found] == action) == best
    assert sorted(category.matched(np.array([1, 1]), np.array([2, 0]), ACTIONS)) == [0, 1, 2, 3], "of all, seen or not"


@pytest.mark.parametrize("system", ["dsvae", "rwae"])
def test_weak_models_say_which_class_they_infer_and_others_have_none(system):
    sizes = {"width": 4, "dense": 16, "features": 8, "content": 4, "motion": 4, "hidden": 8}
    shape = contract.DataShape(frames=3, channels=1, size=8, actions=ACTIONS, groups=2)
    weak, plain = (build({"system": system, "network": sizes | {"weak": w}}, shape).eval() for w in (True, False))
    assert contract.CATEGORY in weak.capabilities and weak.capabilities - plain.capabilities == {contract.CATEGORY}
    motion = weak.encode(torch.rand(5, 3, 1, 8, 8) * 2 - 1, torch.zeros(5, dtype=torch.long))[1]
    assert motion[..., -ACTIONS:].argmax(2).equal(weak.category(motion)[:, None].expand(-1, 3))
    drawn = weak.sample_motion(torch.zeros(64, dtype=torch.long), 3, torch.randn(64, weak.motion_noise(3)))
    assert set(weak.category(drawn).tolist()) == set(range(ACTIONS))
