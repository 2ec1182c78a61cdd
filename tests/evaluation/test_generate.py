"""Protocols generate and real-videos: which videos are compared, by which networks, and what the record holds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from support.judged_videos import CPU, SETTINGS, WATCHED, judge

from latentmotion.config import params
from latentmotion.config.settings import evaluation_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.records import read_record
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.evaluate import EvaluationJob, NetworkPaths, evaluate
from latentmotion.evaluation.judges.i3d import load_i3d
from latentmotion.evaluation.protocols import base as protocols
from latentmotion.evaluation.protocols import generate, real_videos
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

TINY = params.load(overrides={"scale": "tiny"})


class Replays(contract.SequenceModel):
    """Canary: its samples are training videos, or `shift` grey levels brighter ones; each is known by its noise."""

    capabilities = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
    content_noise = 3

    def __init__(self, videos: np.ndarray, shift: float = 0.0):
        super().__init__()
        self.videos, self.shift = torch.from_numpy(np.array(videos)).float() + shift, shift

    def motion_noise(self, length: int) -> int:
        return length

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        return noise[..., None]

    def decode(self, content, motion):
        drawn = (content.abs().sum(1) * 1e6).long() % len(self.videos)
        return self.videos[drawn, : motion.shape[1]] / 127.5 - 1


def context(judged: Path, model, extractors: list, videos: int = 40, frames: int = 16) -> EvaluationContext:
    data = PreparedDataset.open(judged / "pendulum")
    test, train = data.split("test"), data.split("train")
    settings = {"seed": 0, "generate": {"videos": videos, "frames": frames}}
    partners = np.arange(len(test))
    return EvaluationContext(model, test, train, data, CPU, settings, partners, feature_extractors=extractors)


def test_the_identifier_says_all_that_the_distance_depends_on(judged, i3d):
    extractors = [judge(judged), load_i3d(i3d, file_digest(i3d), CPU)]
    model = Replays(PreparedDataset.open(judged / "pendulum").split("train").x)
    scores = generate.measure(context(judged, model, extractors, 30, 12))
    assert set(scores) == {"fvd-judge:30x12:random-clip:16px", "fvd-i3d:30x12:random-clip:224px-bilinear"}
    floors = real_videos.measure(context(judged, None, extractors, 30, 12))
    assert set(floors) == {f"{name}:real-floor" for name in scores}
    assert all(value > 0 for value in [*scores.values(), *floors.values()])


def test_worse_samples_are_farther_and_real_ones_near_the_floor(judged):
    train, found = PreparedDataset.open(judged / "pendulum").split("train").x, {}
    for shift in (0.0, 30.0, 90.0):
        (found[shift],) = generate.measure(context(judged, Replays(train, shift), [judge(judged)])).values()
    (floor,) = real_videos.measure(context(judged, None, [judge(judged)])).values()
    assert found[0.0] < 5 * floor < found[30.0] < found[90.0]


def test_a_sample_does_not_depend_on_the_batch(judged, monkeypatch):
    model = Replays(PreparedDataset.open(judged / "pendulum").split("train").x)
    whole = generate.quantised(context(judged, model, []))
    monkeypatch.setattr(protocols, "BATCH", 7)
    monkeypatch.setattr(generate, "BATCH", 7)
    assert generate.quantised(context(judged, model, [])).equal(whole) and whole.dtype == torch.uint8
    assert generate.quantised(context(judged, model, [], videos=9)).equal(whole[:9])


def test_what_a_distance_cannot_be_of_is_named(judged, i3d):
    model = Replays(PreparedDataset.open(judged / "pendulum").split("train").x)
    with pytest.raises(UserError, match=r"'evaluation.generate.videos': 41, but .*pendulum/test has 40"):
        generate.measure(context(judged, model, [judge(judged)], videos=41))
    with pytest.raises(UserError, match=r"'evaluation.generate.videos': 81, but .*pendulum/(test|train)"):
        real_videos.measure(context(judged, None, [judge(judged)], videos=81))
    with pytest.raises(UserError, match=r"'evaluation.generate.frames': 17, but .*pendulum/test has 16"):
        generate.measure(context(judged, model, [judge(judged)], frames=17))
    with pytest.raises(UserError, match="fvd-i3d needs 10"):
        generate.measure(context(judged, model, [load_i3d(i3d, file_digest(i3d), CPU)], frames=9))
    model.videos[::2] = torch.nan
    with pytest.raises(UserError, match="not finite"):
        generate.measure(context(judged, model, [judge(judged)]))


def test_the_record_of_real_videos_holds_floors_and_judges(judged, i3d, tmp_path):
    settings = evaluation_settings(TINY, "pendulum", 0) | {"i3d": file_digest(i3d)}
    job = EvaluationJob("real", PreparedDataset.open(judged / "pendulum"), None, settings)
    evaluate(job, NetworkPaths(tmp_path, judged / "judge", i3d), tmp_path / "real.json", "cpu")
    record = read_record(tmp_path / "real.json")
    floors = {cell["metric"]: cell for cell in record["metrics"] if cell["protocol"] == "real-videos"}
    assert set(floors) == {
        "fvd-judge:12x16:random-clip:16px:real-floor",
        "fvd-i3d:12x16:random-clip:224px-bilinear:real-floor",
    }
    assert all(cell["n"] == 12 for cell in floors.values())
    assert record["video_networks"]["fvd-i3d"]["weights"] == file_digest(i3d)
    assert record["video_networks"]["fvd-judge"]["settings"] == SETTINGS
    assert record["video_networks"]["fvd-judge"]["learns"]["dataset"] == list(WATCHED)
    evaluate(job, NetworkPaths(tmp_path), tmp_path / "without.json", "cpu")
    without = read_record(tmp_path / "without.json")
    assert not without["video_networks"] and not any("fvd" in cell["metric"] for cell in without["metrics"])
