"""Protocols reconstruct, complete and mean-frame: pictures that need no learning have the scores that they should."""

import numpy as np
import pytest
import torch
from support.project import ROOT
from support.shifting_sequences import Shows, context, mean_picture, measured, prepared, still

from latentmotion.config import params
from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import Sequences, write
from latentmotion.evaluation.protocols import complete, mean_frame, reconstruct
from latentmotion.evaluation.protocols.base import protocols
from latentmotion.pipeline.adoption import planned_protocols


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shifts") / "sprites"
    write(prepared(), folder, {})
    return folder


def test_the_sequences_themselves_explain_everything(folder):
    found = measured(reconstruct, folder, Shows(lambda x: x))
    assert [found[name] for name in ("explained", "motion_explained", "change_explained")] == pytest.approx([1] * 3)
    assert found["mse"] == pytest.approx(0, abs=1e-12) and found["ssim"] == pytest.approx(1, abs=1e-5)


def test_the_mean_picture_explains_nothing(folder):
    found = measured(reconstruct, folder, Shows(lambda x: mean_picture(folder).expand_as(x)))
    assert found["explained"] == pytest.approx(0, abs=1e-5) and found["change_explained"] == pytest.approx(0, abs=1e-6)
    assert found["motion_explained"] < -1


def test_the_mean_frame_explains_the_content_and_no_motion(folder):
    found, baseline = measured(reconstruct, folder, Shows(still)), mean_frame.measure(context(folder, None))
    assert found["motion_explained"] == pytest.approx(0, abs=1e-5)
    assert found["change_explained"] == pytest.approx(0, abs=1e-5)
    assert 0.5 < found["explained"] < 1
    assert found == pytest.approx({name: baseline[name] for name in found}, abs=1e-6)
    assert baseline["motion"] == pytest.approx(1 - found["explained"])


def test_the_motion_of_another_content_is_right(folder):
    found = measured(reconstruct, folder, Shows(lambda x: x - still(x) * 0.9 - 0.1))
    assert found["change_explained"] == pytest.approx(1, abs=0.02) and found["explained"] < 0.6


def test_half_of_a_motion_explains_three_quarters_of_it(folder):
    found = measured(reconstruct, folder, Shows(lambda x: (x + still(x)) / 2))
    assert found["motion_explained"] == pytest.approx(0.75) and found["change_explained"] == pytest.approx(0.75)


def test_sound_keeps_its_unit(tmp_path):
    given, random = prepared(60), np.random.default_rng(1)
    x = random.normal(3, 2, (60, 8, 5)).astype(np.float32)
    write(Sequences(**{**vars(given), "x": x}), tmp_path / "timit", {})
    found = measured(reconstruct, tmp_path / "timit", Shows(lambda x: x + 1))
    assert found["mse"] == pytest.approx(1, abs=1e-6) and found["change_explained"] == pytest.approx(1, abs=1e-6)
    assert "ssim" not in found and 0.6 < found["explained"] < 0.9


def test_sequences_that_do_not_move_are_named(tmp_path):
    given = prepared(60)
    write(Sequences(**{**vars(given), "x": given.x[:, :1].repeat(8, axis=1)}), tmp_path / "still", {})
    assert mean_frame.applies(context(tmp_path / "still", None))
    with pytest.raises(UserError, match="still/test: the sequences do not move"):
        measured(reconstruct, tmp_path / "still", Shows(lambda x: x))


def test_hidden_frames_are_completed_and_not_encoded(tmp_path):
    given, seen = prepared(60), np.ones((60, 8), bool)
    seen[:, 3] = False
    write(Sequences(**{**vars(given), "seen": seen, "scored": ~seen}), tmp_path / "rotating_mnist", {})
    model = Shows(lambda x: x)
    assert not reconstruct.applies(context(tmp_path / "rotating_mnist", model))
    found = measured(complete, tmp_path / "rotating_mnist", model)
    black = np.asarray(PreparedDataset.open(tmp_path / "rotating_mnist").split("test").x[:, 3], np.float64) / 255
    assert found["mse"] == pytest.approx(np.square(black).mean() / 8, rel=1e-4)
    frames = PreparedDataset.open(tmp_path / "rotating_mnist").split("train").x[:, [0, 1, 2, 4, 5, 6, 7]]
    mean = reconstruct.mean_picture(context(tmp_path / "rotating_mnist", model))
    torch.testing.assert_close(mean, torch.from_numpy(frames / 255.0).mean((0, 1)), atol=1e-6, rtol=0)


def test_completion_is_for_hidden_frames_alone(folder):
    assert not complete.applies(context(folder, Shows(lambda x: x)))


def test_points_are_not_reconstructed():
    P = params.load(ROOT / "params.yaml")
    new = {"reconstruct", "complete", "mean_frame", "content_diversity"}
    for name in P.datasets:
        known = new & set(protocols(name))
        assert known == (set() if name in ("ring", "ring_finite", "modes") else new)
        assert known == new & planned_protocols(name), "planned as evaluated"
