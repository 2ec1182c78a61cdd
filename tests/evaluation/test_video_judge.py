"""The two networks that compare videos: this project's own video judge, and I3D from its published file."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.judged_videos import CPU, SETTINGS, WATCHED, judge
from support.project import ROOT

from latentmotion.config import paths
from latentmotion.config.downloads import files
from latentmotion.config.settings import i3d_source
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.records import read_record
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.distortions import KINDS
from latentmotion.evaluation.judges.i3d import load_i3d
from latentmotion.evaluation.judges.video_judge import load_video_judge, train_video_judge
from latentmotion.evaluation.metrics.frechet_distance import frechet_distance


def test_the_judge_learns_and_its_record_says_from_what(judged):
    record = read_record(judged / "judge/network.json")
    assert record["data"] == {name: PreparedDataset.open(judged / name).sha256 for name in WATCHED}
    assert record["learns"] == {"dataset": list(WATCHED), "distortion": list(KINDS)}
    assert [point["step"] for point in record["selection"]] == [80, 160, 240]
    best = max(record["selection"], key=lambda p: (p["dataset_accuracy"] + p["distortion_accuracy"], -p["loss"]))
    assert record["validation"] == {name: best[name] for name in record["validation"]}
    assert best["dataset_accuracy"] > 0.9 and best["distortion_accuracy"] > 3 / len(KINDS)


def test_the_judge_never_opens_test_data(judged, tmp_path):
    for name in WATCHED:
        (tmp_path / name).mkdir()
        for part in ("manifest.json", "train", "validation"):
            (tmp_path / name / part).symlink_to(judged / name / part)
    short = SETTINGS | {"steps": 4}
    for folder, out in ((judged, "all"), (tmp_path, "less")):
        train_video_judge([PreparedDataset.open(folder / name) for name in WATCHED], tmp_path / out, short, "cpu")
    weights = [file_digest(tmp_path / out / "network.safetensors") for out in ("all", "less")]
    assert weights[0] == weights[1]


def test_features_do_not_depend_on_the_batch(judged):
    x = torch.from_numpy(np.array(PreparedDataset.open(judged / "pendulum").split("test").x))
    features = judge(judged).features(x)
    assert features.shape == (40, 8) and features.dtype == np.float64
    assert np.allclose(features, np.concatenate([judge(judged).features(part) for part in x.split(7)]), atol=1e-5)


def test_the_distance_rises_with_known_distortions(judged):
    """At this size only what is plain: noise, frames out of order, an empty canvas in more and more of the videos."""
    x = np.array(PreparedDataset.open(judged / "pendulum").split("validation").x)
    rng = np.random.default_rng(0)
    truth, network = judge(judged).features(torch.from_numpy(x)), judge(judged)

    def distance(worse: np.ndarray) -> float:
        return frechet_distance(network.features(torch.from_numpy(worse)), truth)

    noise = rng.standard_normal(x.shape)
    shuffled = np.stack([video[rng.permutation(16)] for video in x])
    empty = np.broadcast_to(x[:, :, :, :1, :1], x.shape)
    for series in (
        [(x + level * noise).clip(0, 255).astype(np.uint8) for level in (0, 20, 60)],
        [np.where(np.arange(len(x))[:, None, None, None, None] < share, shuffled, x) for share in (0, 10, 40)],
        [np.where(np.arange(len(x))[:, None, None, None, None] < share, empty, x) for share in (0, 10, 40)],
    ):
        distances = [distance(worse) for worse in series]
        assert distances[0] < 1e-6 and 2 * distances[1] < distances[2] and distances[1] > 1e-4


def test_a_judge_of_other_data_or_other_bytes_is_refused(judged, tmp_path):
    data = PreparedDataset.open(judged / "pendulum")
    with pytest.raises(UserError, match="was trained on other data than the pendulum it is to judge"):
        load_video_judge(judged / "judge", replace(data, manifest=data.manifest | {"sha256": "0"}), CPU)
    with pytest.raises(UserError, match="other data than the sprites"):
        load_video_judge(judged / "judge", replace(data, folder=judged / "sprites"), CPU)
    (tmp_path / "network.json").write_bytes((judged / "judge/network.json").read_bytes())
    (tmp_path / "network.safetensors").write_bytes(b"other")
    with pytest.raises(UserError, match="is not what its record describes"):
        load_video_judge(tmp_path, data, CPU)


def test_datasets_of_different_sizes_are_refused(judged, tmp_path):
    options = {"sequences": 12, "test": 4, "validation": 4, "span": 32}
    prepare("two_body", None, tmp_path / "two_body", {"source": "real", "size": 8, "frames": 16, "options": options})
    both = [PreparedDataset.open(folder) for folder in (judged / "mass_spring", tmp_path / "two_body")]
    with pytest.raises(UserError, match="key 'video_judge.datasets': two_body has .*'size': 8.*mass_spring .*16"):
        train_video_judge(both, tmp_path / "judge", SETTINGS, "cpu")
    assert not (tmp_path / "judge").exists()


def test_i3d_gets_what_the_published_pipeline_gives_it(i3d):
    network = load_i3d(i3d, file_digest(i3d), CPU)
    x = torch.zeros(20, 16, 3, 8, 8, dtype=torch.uint8)
    x[:, :, 1, :, 4:] = 255
    features = network.features(x)
    assert features.shape == (20, 15) and features.dtype == np.float64
    assert np.allclose(features[:, :6], [-1, -1, -0.94, 0.94, -1, -1], atol=0.01) and not features[:, 6:].any()
    grey = network.features(x[:, :, 1:2])
    assert np.allclose(grey[:, :6], [-0.94, 0.94] * 3, atol=0.01)


def test_another_checksum_and_a_missing_file_are_one_line(i3d, tmp_path):
    with pytest.raises(
        UserError, match=rf"i3d_torchscript.pt: sha256 {file_digest(i3d)[:12]}... instead of 000000000000"
    ):
        load_i3d(i3d, "0" * 64, CPU)
    with pytest.raises(
        UserError, match=r"no such file, so no fvd-i3d; fetch it with 'latentmotion fetch --dataset i3d"
    ) as e:
        load_i3d(tmp_path / "i3d.pt", "0" * 64, CPU)
    assert "\n" not in str(e.value)
    (tmp_path / "i3d.pt").write_bytes(b"no program")
    with pytest.raises(UserError, match="no TorchScript file"):
        load_i3d(tmp_path / "i3d.pt", file_digest(tmp_path / "i3d.pt"), CPU)


def test_i3d_refuses_videos_that_are_too_short(i3d):
    with pytest.raises(UserError, match="evaluation.generate.frames': 9, but fvd-i3d needs 10"):
        load_i3d(i3d, file_digest(i3d), CPU).features(torch.zeros(2, 9, 3, 8, 8, dtype=torch.uint8))


def test_the_pinned_network_is_one_file():
    source = i3d_source()
    assert files("i3d", ROOT / "data/sources.csv") == [source.path] and len(source.sha256) == 64
    assert paths.i3d_file() == "data/raw/i3d/i3d_torchscript.pt"
