"""Neighbours of content codes are compared with a brute-force search, and scored on codes with known clusters."""

import numpy as np
import pytest
import torch
from support.shifting_sequences import Codebook, context, measured, prepared

from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.protocols import leakage, neighbours, pixel_neighbours
from latentmotion.evaluation.protocols.base import Codes, protocols
from latentmotion.evaluation.protocols.neighbours import K


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shifts") / "shifts"
    write(prepared(), folder, {})
    return folder


def test_neighbours_equal_those_of_a_brute_force_search():
    random = np.random.default_rng(1)
    points, group = random.standard_normal((80, 3)), random.integers(0, 30, 80)
    found = neighbours.neighbours(points, group)
    for i, nearest in enumerate(found):
        others = np.flatnonzero(group != group[i])
        distances = np.linalg.norm(points[others] - points[i], axis=1)
        assert set(nearest) == set(others[np.argsort(distances)[:K]])


def test_sequences_of_one_group_are_no_neighbours():
    """Ten copies of each of 30 places: a neighbour of one's own group would always be right, any other is by chance."""
    random = np.random.default_rng(2)
    group = np.repeat(np.arange(30), 10)
    points = np.repeat(random.standard_normal((30, 2)), 10, axis=0)
    classes = np.repeat(random.permutation(30) % 3, 10)
    assert neighbours.vote(classes, neighbours.neighbours(points, np.arange(300))) == 1
    assert neighbours.vote(classes, neighbours.neighbours(points, group)) < 0.6


def test_the_most_frequent_class_wins_and_the_first_one_in_a_tie():
    classes = np.array([0, 0, 1, 1, 2, 2])
    nearest = np.array([[2, 3, 4, 1, 1], [2, 3, 4, 5, 0], [0, 3, 4, 5, 3], [4, 5, 4, 2, 0], [5, 5, 2, 1, 0], [4] * 5])
    named = [0, 1, 1, 2, 0, 2]
    assert neighbours.vote(classes, nearest) == np.mean(named == classes)
    assert neighbours.vote(np.roll(classes, 1), np.roll((nearest + 1) % 6, 1, axis=0)) == np.mean(named == classes)


def test_codes_by_what_is_shown_cluster_and_others_do_not(folder):
    found = measured(neighbours, folder, Clusters(1.0))
    assert found["colour_knn"] > 0.95 and found["colour_knn_chance"] == pytest.approx(0.25, abs=0.03)
    assert set(found) == {"colour_knn", "colour_knn_chance"}, "action and what is kept aside are not asked for"
    blind = measured(neighbours, folder, Clusters(0.0))
    assert blind["colour_knn"] == pytest.approx(0.25, abs=0.15)


class Clusters(Codebook):
    """Canary: content is two numbers of noise and the mean colour, which is worth so much."""

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def encode(self, x, action):
        content, motion = super().encode(x, action)
        return torch.cat([1000 * self.weight * content[:, :1], content[:, 1:]], 1), motion


def test_the_baseline_uses_mean_frames_of_the_data(folder):
    found = measured(pixel_neighbours, folder, None)
    frames = np.asarray(context(folder, None).split.x).mean(1).reshape(-1, 3 * 16 * 16)
    again = neighbours.votes(context(folder, None), frames)
    assert found == pytest.approx(again) and found["colour_knn"] > 0.95
    assert not pixel_neighbours.NEEDS and {neighbours, pixel_neighbours} <= set(protocols("sprites").values())


def changed(**parts) -> Sequences:
    return Sequences(**{**vars(prepared(60)), **parts})


def test_data_without_classes_or_groups_to_compare_are_not_measured(tmp_path, folder, monkeypatch):
    one = np.zeros(60, int)
    cases = {
        "no content": changed(specs=prepared(60).specs | {"colour": LabelSpec("aside", ("a", "b", "c", "d"))}),
        "one class": changed(labels=prepared(60).labels | {"colour": one}),
        "one group in test": changed(group=np.where(np.arange(60) < 42, np.arange(60), 60)),
    }
    with monkeypatch.context() as patch:  # a test split of one group has no partners
        patch.setattr(evaluation, "swap_partners", lambda group, seed: np.arange(len(group)))
        for name, given in cases.items():
            write(given, tmp_path / name, {})
            assert not pixel_neighbours.applies(context(tmp_path / name, None)), name
    hidden = np.ones((60, 8), bool)
    hidden[:, 3] = False
    write(changed(seen=hidden, scored=~hidden), tmp_path / "hidden", {})
    assert not neighbours.applies(context(tmp_path / "hidden", Codebook()))
    empty = context(folder, Codebook())
    empty.codes = Codes(empty.codes.content[:, :0], empty.codes.motion, empty.codes.action, empty.codes.first, 8)
    assert not neighbours.applies(empty) and leakage.applies(empty)
