"""Frechet distances: the arithmetic against closed forms, both networks, the protocol, the workflow's part."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from support.project import ROOT

from latentmotion.config import catalogue, params, paths
from latentmotion.config.downloads import files
from latentmotion.config.settings import evaluation_settings, i3d_source
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.records import read_record
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import open_split, read_manifest
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.judges.distortions import KINDS, distort
from latentmotion.evaluation.judges.i3d import load_i3d
from latentmotion.evaluation.judges.video_judge import load_video_judge, train_video_judge
from latentmotion.evaluation.metrics.frechet_distance import between_gaussians, frechet_distance
from latentmotion.evaluation.protocols import base as protocols
from latentmotion.evaluation.protocols import generate, real_videos
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.models import base as contract
from latentmotion.pipeline import fingerprints

CPU = torch.device("cpu")
TINY = params.load(overrides={"scale": "tiny"})
WATCHED = ("mass_spring", "pendulum")
SETTINGS = {"width": 6, "features": 8, "steps": 240, "batch": 8, "lr": 5e-3, "select_every": 80, "threads": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Two systems at 16 px and a video judge that learnt from them."""
    folder = tmp_path_factory.mktemp("videos")
    options = {"sequences": 160, "test": 40, "validation": 40, "span": 64}
    for name in WATCHED:
        prepare(name, None, folder / name, {"source": "real", "size": 16, "frames": 16, "options": options})
    train_video_judge([folder / name for name in WATCHED], folder / "judge", SETTINGS, "cpu")
    return folder


def judge(made: Path, name: str = "pendulum"):
    return load_video_judge(made / "judge", name, read_manifest(made / name), CPU)


@pytest.mark.parametrize("d", [1, 3, 40])
def test_diagonal_gaussians_have_a_closed_form(d):
    rng = np.random.default_rng(d)
    mean1, mean2, a, b = rng.normal(size=d), rng.normal(size=d), rng.uniform(0, 4, d), rng.uniform(0, 4, d)
    expected = ((mean1 - mean2) ** 2).sum() + ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    assert between_gaussians(mean1, np.diag(a), mean2, np.diag(b)) == pytest.approx(expected, rel=1e-12)


def test_full_covariances_agree_with_a_root_of_the_product():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(400, 20)) @ rng.normal(size=(20, 20)), rng.normal(size=(300, 20)) + 0.3
    one, two = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-10)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-10)


def test_covariances_that_commute_and_a_scale_have_closed_forms():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 7)) @ rng.normal(size=(7, 7))
    trace = np.trace(np.cov(x, rowvar=False))
    assert frechet_distance(x, 3 * (x - x.mean(0)) + x.mean(0)) == pytest.approx(4 * trace, rel=1e-10)
    rotation, _ = np.linalg.qr(rng.normal(size=(7, 7)))
    a, b = rng.uniform(1, 2, 7), rng.uniform(1, 2, 7)
    turned = (rotation @ np.diag(a) @ rotation.T, rotation @ np.diag(b) @ rotation.T)
    zero = np.zeros(7)
    expected = ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    assert between_gaussians(zero, turned[0], zero, turned[1]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("n", [5, 400])
def test_a_shift_alone_is_its_square_even_where_covariances_are_singular(n):
    x = np.random.default_rng(2).normal(size=(n, 40))
    shift = np.linspace(-1, 1, 40)
    assert frechet_distance(x, x + shift) == pytest.approx((shift**2).sum(), rel=1e-6)
    assert 0 <= frechet_distance(x, x) < 1e-6 * np.trace(np.cov(x, rowvar=False))


def test_a_constant_feature_and_float32_lose_nothing():
    x = np.random.default_rng(3).normal(size=(300, 6)).astype(np.float32)
    x[:, 2] = 7.0
    assert frechet_distance(x + np.float32(1000), x + np.float32(1000)) < 1e-9
    assert frechet_distance(np.full((4, 3), 2.0), np.full((9, 3), 5.0)) == 27.0


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), "N of 2 or more.*got \\(1, 3\\)"),
        (np.zeros(3), np.zeros((5, 3)), "got \\(3,\\)"),
        (np.zeros((5, 3)), np.zeros((5, 4)), "features of 3 and of 4 dimensions"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), "15 of 15 features are not finite"),
    ],
)
def test_what_has_no_distance_is_named(first, second, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(first, second)


def test_each_distortion_is_what_its_name_says():
    frames = torch.arange(16.0).view(1, 16, 1, 1, 1).expand(2, 16, 3, 8, 8) / 16
    x = frames + torch.tensor([0.0, 100.0]).view(2, 1, 1, 1, 1)

    def done(kind: str) -> torch.Tensor:
        out = distort(x, torch.full((2,), KINDS.index(kind)), torch.Generator().manual_seed(0))
        return (16 * out[0].mean((1, 2, 3))).round().int()

    times = torch.arange(16)
    assert done("none").equal(times.int())
    assert sorted(done("shuffled").tolist()) == times.tolist() and not done("shuffled").equal(times.int())
    assert (done("swapped") != times).sum() == 2 and sorted(done("swapped").tolist()) == times.tolist()
    stops = done("frozen").max()
    assert stops < 8 and done("frozen").equal(times.clamp(max=stops).int())
    assert done("slowed").diff().tolist() == [0, 1] * 7 + [0]
    assert done("hurried").tolist() == [*range(0, 16, 2), *range(14, -1, -2)]
    start = int((done("spliced") > 1000).int().argmax())
    assert (
        4 <= start < 12
        and (done("spliced")[start:] > 1000).all()
        and done("spliced")[:start].equal(times[:start].int())
    )
    assert done("doubled").float().sub(800 + times).abs().max() <= 1
    for kind in ("shaken", "blurred"):
        assert done(kind).equal(times.int())


def test_distortions_of_the_picture():
    x = torch.full((1, 16, 3, 8, 8), -0.5)
    x[..., 3:5, 3:5] = 0.5

    def done(kind: str) -> torch.Tensor:
        return distort(x, torch.tensor([KINDS.index(kind)]), torch.Generator().manual_seed(1)) - x

    assert done("none").std() < 0.05 < 0.09 < done("noisy").std()
    assert 0.1 < -done("blurred")[..., 3, 3].mean() < 0.7
    gone = -done("erased")[0, :, 0, 3:5, 3:5].mean(0)
    assert ((gone > 0.9).sum(), (gone.abs() < 0.1).sum()) == (2, 2)
    assert done("shaken").abs().max() > 0.9


def test_the_judge_learns_and_its_record_says_from_what(made):
    record = read_record(made / "judge/network.json")
    assert record["data"] == {name: read_manifest(made / name)["sha256"] for name in WATCHED}
    assert record["learns"] == {"dataset": list(WATCHED), "distortion": list(KINDS)}
    assert [point["step"] for point in record["selection"]] == [80, 160, 240]
    best = max(record["selection"], key=lambda p: (p["dataset_accuracy"] + p["distortion_accuracy"], -p["loss"]))
    assert record["validation"] == {name: best[name] for name in record["validation"]}
    assert best["dataset_accuracy"] > 0.9 and best["distortion_accuracy"] > 3 / len(KINDS)


def test_the_judge_never_opens_test_data(made, tmp_path):
    for name in WATCHED:
        (tmp_path / name).mkdir()
        for part in ("manifest.json", "train", "validation"):
            (tmp_path / name / part).symlink_to(made / name / part)
    short = SETTINGS | {"steps": 4}
    for folder, out in ((made, "all"), (tmp_path, "less")):
        train_video_judge([folder / name for name in WATCHED], tmp_path / out, short, "cpu")
    weights = [file_digest(tmp_path / out / "network.safetensors") for out in ("all", "less")]
    assert weights[0] == weights[1]


def test_features_do_not_depend_on_the_batch(made):
    x = torch.from_numpy(np.array(open_split(made / "pendulum", "test").x))
    features = judge(made).features(x)
    assert features.shape == (40, 8) and features.dtype == np.float64
    assert np.allclose(features, np.concatenate([judge(made).features(part) for part in x.split(7)]), atol=1e-5)


def test_the_distance_rises_with_known_distortions(made):
    """At this size only what is plain: noise, frames out of order, an empty canvas in more and more of the videos."""
    x = np.array(open_split(made / "pendulum", "validation").x)
    rng = np.random.default_rng(0)
    truth, network = judge(made).features(torch.from_numpy(x)), judge(made)

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


def test_a_judge_of_other_data_or_other_bytes_is_refused(made, tmp_path):
    with pytest.raises(UserError, match="was trained on other data than the pendulum it is to judge"):
        load_video_judge(made / "judge", "pendulum", read_manifest(made / "mass_spring"), CPU)
    with pytest.raises(UserError, match="other data than the sprites"):
        load_video_judge(made / "judge", "sprites", read_manifest(made / "pendulum"), CPU)
    (tmp_path / "network.json").write_bytes((made / "judge/network.json").read_bytes())
    (tmp_path / "network.safetensors").write_bytes(b"other")
    with pytest.raises(UserError, match="is not what its record describes"):
        load_video_judge(tmp_path, "pendulum", read_manifest(made / "pendulum"), CPU)


def test_datasets_of_different_sizes_are_refused(made, tmp_path):
    options = {"sequences": 12, "test": 4, "validation": 4, "span": 32}
    prepare("two_body", None, tmp_path / "two_body", {"source": "real", "size": 8, "frames": 16, "options": options})
    with pytest.raises(UserError, match="key 'video_judge.datasets': two_body has .*'size': 8.*mass_spring .*16"):
        train_video_judge([made / "mass_spring", tmp_path / "two_body"], tmp_path / "judge", SETTINGS, "cpu")
    assert not (tmp_path / "judge").exists()


class Stand(torch.nn.Module):
    """Called as the I3D file is; its features are means of what it sees, at the size it makes of it."""

    def forward(self, x: torch.Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False):
        if resize:
            size = [x.shape[2], 224, 224]
            x = torch.nn.functional.interpolate(x, size, mode="trilinear", align_corners=False)
        if rescale:
            x = 2 * x / 255 - 1
        if not return_features:
            return x.sum()[None, None]
        halves = torch.stack([x[..., :112].mean((2, 3, 4)), x[..., 112:].mean((2, 3, 4))], dim=-1).flatten(1)
        return torch.cat([halves, x.diff(dim=2).abs().mean((1, 3, 4))[:, :9]], dim=1)


@pytest.fixture(scope="module")
def i3d(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("i3d") / "i3d_torchscript.pt"
    torch.jit.script(Stand()).save(path)
    return path


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


def trial(made: Path, model, watchers: list, videos: int = 40, frames: int = 16) -> Trial:
    folder = made / "pendulum"
    test, train = open_split(folder, "test"), open_split(folder, "train")
    settings = {"seed": 0, "generate": {"videos": videos, "frames": frames}}
    return Trial(model, test, train, folder, CPU, settings, np.arange(len(test)), watchers=watchers)


def test_the_identifier_says_all_that_the_distance_depends_on(made, i3d):
    watchers = [judge(made), load_i3d(i3d, file_digest(i3d), CPU)]
    model = Replays(open_split(made / "pendulum", "train").x)
    scores = generate.measure(trial(made, model, watchers, 30, 12))
    assert set(scores) == {"fvd-judge:30x12:random-clip:16px", "fvd-i3d:30x12:random-clip:224px-bilinear"}
    floors = real_videos.measure(trial(made, None, watchers, 30, 12))
    assert set(floors) == {f"{name}:real-floor" for name in scores}
    assert all(value > 0 for value in [*scores.values(), *floors.values()])


def test_worse_samples_are_farther_and_real_ones_near_the_floor(made):
    train, found = open_split(made / "pendulum", "train").x, {}
    for shift in (0.0, 30.0, 90.0):
        (found[shift],) = generate.measure(trial(made, Replays(train, shift), [judge(made)])).values()
    (floor,) = real_videos.measure(trial(made, None, [judge(made)])).values()
    assert found[0.0] < 5 * floor < found[30.0] < found[90.0]


def test_a_sample_does_not_depend_on_the_batch(made, monkeypatch):
    model = Replays(open_split(made / "pendulum", "train").x)
    whole = generate.quantised(trial(made, model, []))
    monkeypatch.setattr(protocols, "BATCH", 7)
    monkeypatch.setattr(generate, "BATCH", 7)
    assert generate.quantised(trial(made, model, [])).equal(whole) and whole.dtype == torch.uint8
    assert generate.quantised(trial(made, model, [], videos=9)).equal(whole[:9])


def test_what_a_distance_cannot_be_of_is_named(made, i3d):
    model = Replays(open_split(made / "pendulum", "train").x)
    with pytest.raises(UserError, match=r"'evaluation.generate.videos': 41, but .*pendulum/test has 40"):
        generate.measure(trial(made, model, [judge(made)], videos=41))
    with pytest.raises(UserError, match=r"'evaluation.generate.videos': 81, but .*pendulum/(test|train)"):
        real_videos.measure(trial(made, None, [judge(made)], videos=81))
    with pytest.raises(UserError, match=r"'evaluation.generate.frames': 17, but .*pendulum/test has 16"):
        generate.measure(trial(made, model, [judge(made)], frames=17))
    with pytest.raises(UserError, match="fvd-i3d needs 10"):
        generate.measure(trial(made, model, [load_i3d(i3d, file_digest(i3d), CPU)], frames=9))
    model.videos[::2] = torch.nan
    with pytest.raises(UserError, match="not finite"):
        generate.measure(trial(made, model, [judge(made)]))


def test_real_videos_get_a_floor_and_a_card_in_their_record(made, i3d, tmp_path):
    settings = evaluation_settings(TINY, "pendulum", 0) | {"i3d": file_digest(i3d)}
    given = (made / "pendulum", tmp_path, None, tmp_path / "real.json", settings, "cpu", made / "judge", i3d)
    evaluation.evaluate("real", *given)
    record = read_record(tmp_path / "real.json")
    floors = {cell["metric"]: cell for cell in record["metrics"] if cell["protocol"] == "real-videos"}
    assert set(floors) == {
        "fvd-judge:12x16:random-clip:16px:real-floor",
        "fvd-i3d:12x16:random-clip:224px-bilinear:real-floor",
    }
    assert all(cell["n"] == 12 for cell in floors.values())
    assert record["video_networks"]["fvd-i3d"]["weights"] == file_digest(i3d)
    assert record["video_networks"]["fvd-judge"]["learns"]["dataset"] == list(WATCHED)
    evaluation.evaluate("real", *given[:3], tmp_path / "without.json", settings, "cpu")
    without = read_record(tmp_path / "without.json")
    assert not without["video_networks"] and not any("fvd" in cell["metric"] for cell in without["metrics"])


def test_only_the_judges_datasets_are_measured():
    watched = params.load(overrides={"scale": "quick"})
    assert evaluation_settings(watched, "pendulum", 0)["generate"] == {"videos": 2048, "frames": 16}
    assert not {"generate", "i3d"} & set(evaluation_settings(watched, "sprites-drawn", 0))
    assert set(catalogue.video_judged(watched)) == {
        *("mass_spring", "pendulum", "double_pendulum", "two_body", "three_body")
    }
    asked = params.load(overrides={"scale": "quick", "evaluation": {"i3d": True}})
    checksum = evaluation_settings(asked, "pendulum", 0)["i3d"]
    assert checksum == i3d_source().sha256
    assert evaluation_settings(watched, "pendulum", 0)["i3d"] is None


def test_no_dataset_can_have_the_judges_folder():
    name = Path(paths.video_judge(TINY)).name
    assert "-" in name and not name.endswith("-drawn") and name not in catalogue.ids(TINY).values()
    assert not any(file.startswith(paths.judges(TINY, name.replace("-", "_"))) for file in
                   paths.video_judge_files(TINY))  # fmt: skip


def test_unknown_datasets_and_keys_are_named():
    with pytest.raises(UserError, match="video_judge.datasets: unknown 'pendulun'; did you mean 'pendulum'"):
        params.load(overrides={"video_judge": {"datasets": ["pendulun"]}})
    with pytest.raises(UserError, match="unknown key 'evaluation.generate.video'; did you mean 'videos'"):
        params.load(overrides={"evaluation": {"generate": {"video": 3}}})
    with pytest.raises(UserError, match="evaluation.generate.videos.*greater than or equal to 2"):
        params.load(overrides={"evaluation": {"generate": {"videos": 1}}})


def test_an_evaluation_is_made_from_the_video_judge_where_it_is_measured_by_it():
    found = fingerprints.contents(TINY)
    waits = {name for name, content in found.items() if "judge/video-judge" in content.get("made_from", {})}
    watched = set(catalogue.video_judged(TINY))
    physics = {f"evaluate/{run.model}/{run.dataset}" for run in catalogue.runs(TINY) if run.dataset in watched}
    assert waits == {*physics, *(f"evaluate/real/{dataset}" for dataset in watched)}
