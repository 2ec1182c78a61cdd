"""Frechet distances of frames: closed forms, inputs of both networks, the floor, and which data sets have them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.project import ROOT

from latentmotion.config import catalogue, params, paths
from latentmotion.config.downloads import files
from latentmotion.config.settings import evaluation_settings, inception_source, judge_settings, prepare_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.pixels import to_float
from latentmotion.core.records import read_record
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.evaluate import EvaluationJob, NetworkPaths
from latentmotion.evaluation.judges.frame_judge import FrameJudge
from latentmotion.evaluation.judges.inception import load_inception
from latentmotion.evaluation.judges.label_judge import load_judges, train_judge
from latentmotion.evaluation.judging import generated_batches
from latentmotion.evaluation.protocols import base as protocols
from latentmotion.evaluation.protocols import frame_distance, generate, real_frames
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract
from latentmotion.training.load import build

CPU = torch.device("cpu")
TINY = params.load(overrides={"scale": "tiny"})


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Tiny faces and both of their judges, of which that of identity has learnt something."""
    folder = tmp_path_factory.mktemp("frames")
    prepare("faces", None, folder / "faces-drawn", prepare_settings(TINY, "faces-drawn"))
    settings = judge_settings(TINY, "faces-drawn") | {"lr": 3e-3}
    for label, steps in (("action", 4), ("identity", 60)):
        train_judge(
            PreparedDataset.open(folder / "faces-drawn"), label, folder / "judges", settings | {"steps": steps}, "cpu"
        )
    return folder


def judge(made: Path) -> FrameJudge:
    return FrameJudge(load_judges(made / "judges", PreparedDataset.open(made / "faces-drawn"), CPU)["identity"])


def split(made: Path, name: str = "test"):
    return PreparedDataset.open(made / "faces-drawn").split(name)


def context(made: Path, model, *extractors) -> EvaluationContext:
    test = split(made)
    partners = np.arange(len(test))
    folder = made / "faces-drawn"
    return EvaluationContext(
        model,
        test,
        split(made, "train"),
        PreparedDataset.open(folder),
        CPU,
        {"seed": 0},
        partners,
        frame_feature_extractors=list(extractors),
    )


class Replays(contract.SequenceModel):
    """Canary: its samples are given videos one after the other, however they are asked for."""

    capabilities = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
    content_noise = 1

    def __init__(self, videos: np.ndarray):
        super().__init__()
        self.videos, self.at = torch.from_numpy(np.ascontiguousarray(videos)), 0

    def motion_noise(self, length: int) -> int:
        return length

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        return noise[..., None]

    def decode(self, content, motion):
        self.at += len(content)
        return to_float(self.videos[self.at - len(content) : self.at, : motion.shape[1]])


@dataclass
class Colours:
    """Features in which distances can be worked out: the mean of each channel."""

    name = "colours"
    resizing = "own"

    def features(self, x):
        return x.double().mean((-2, -1)).flatten(0, 1).numpy()


def distance(made: Path, videos: np.ndarray, watcher) -> float:
    (value,) = frame_distance.measure(context(made, Replays(videos), watcher)).values()
    return value


def test_brighter_frames_are_the_square_of_the_difference_away(made):
    x = np.array(split(made).x)
    room = x // 2  # 0 to 127: nothing is clipped
    data = context(made, Replays(room + np.uint8(40)), Colours())
    data.split = replace(data.split, x=room)
    assert frame_distance.measure(data) == {"colours:72x8:72x8:own": pytest.approx(3 * 40**2, rel=1e-6)}


def test_neither_the_order_of_frames_nor_that_of_videos_counts(made):
    x = np.array(split(made).x)
    assert distance(made, x[::-1, ::-1], Colours()) < 1e-6
    assert distance(made, np.repeat(x[:, :1], 8, axis=1), Colours()) > 1e-3, "only first frames"


def test_the_judges_features_are_what_its_lstm_is_given(made):
    network, x = judge(made), torch.from_numpy(np.array(split(made).x[:9]))
    features = network.features(x)
    assert features.shape == (9 * 8, 16 * TINY.judge.width) and features.dtype == np.float64
    given = torch.from_numpy(features).float().unflatten(0, (9, 8))
    layers = network.judge.network
    with torch.no_grad():
        answers = layers.head(layers.lstm(given)[0][:, -1]).double().softmax(1)
    torch.testing.assert_close(answers, network.judge.probabilities(to_float(x)), rtol=1e-4, atol=1e-6)


def test_the_distance_rises_with_what_is_wrong(made):
    """Noise, blur, fewer people and a mean face; other takes of the same people stay near the floor."""
    x, train, watcher = np.array(split(made).x), np.array(split(made, "train").x), judge(made)
    noise = np.random.default_rng(0).standard_normal(x.shape)
    identity = split(made).labels["identity"]
    blurred = [torch.nn.functional.avg_pool2d(torch.from_numpy(x).flatten(0, 1).float(), k, 1, k // 2) for k in (3, 15)]
    for series in (
        [(x + level * noise).clip(0, 255).astype(np.uint8) for level in (0, 25, 80)],
        [x, *(part.byte().numpy().reshape(x.shape) for part in blurred)],
        [x[np.resize(np.flatnonzero(identity < people), len(x))] for people in (12, 6, 1)],
    ):
        found = [distance(made, worse, watcher) for worse in series]
        assert found[0] < 1e-3 < 2 * found[1] < found[2]
    (floor,) = real_frames.measure(context(made, None, watcher)).values()
    other = train[np.random.default_rng(1).permutation(len(train))[: len(x)]]
    mean = np.broadcast_to(train.mean((0, 1)).astype(np.uint8), x.shape)
    assert 0 < distance(made, other, watcher) < 2 * floor < distance(made, mean, watcher)


def test_the_frames_are_those_of_the_videos_that_generate_has_judged(made, monkeypatch):
    shape = contract.DataShape(8, 3, 16, 6, 216)
    model = build({"system": "mocogan", "network": {"width": 4}}, shape).eval()
    data = context(made, model, judge(made))
    data.codes = evaluation.encode(data)
    with torch.no_grad():
        judged = torch.cat([part.x for part in generated_batches(data, generate)])
        drawn = generate.drawn(data, len(data.split), 8)
        before = frame_distance.measure(data)
        monkeypatch.setattr(protocols, "BATCH", 7)
        monkeypatch.setattr(generate, "BATCH", 7)
        after = frame_distance.measure(data)
    assert (to_float(drawn) - judged).abs().max() <= 1 / 255 + 1e-6
    assert before.keys() == {"fid-judge:72x8:72x8:16px"} and after == pytest.approx(before, rel=1e-3)


def test_the_name_of_the_floor_holds_the_number_of_videos(made):
    data = context(made, None, Colours())
    assert set(real_frames.measure(data)) == {"colours:72x8:72x8:own:real-floor"}
    data.train = replace(data.train, x=data.train.x[:20])
    assert set(real_frames.measure(data)) == {"colours:20x8:72x8:own:real-floor"}


def test_frames_that_are_no_numbers_are_an_error(made):
    model = Replays(np.array(split(made).x))
    model.decode = lambda content, motion: torch.full((len(content), 8, 3, 16, 16), torch.nan)
    with pytest.raises(UserError, match="not finite"):
        frame_distance.measure(context(made, model, Colours()))


class Stand(torch.nn.Module):
    """Called as the Inception file is; its features are means of the halves of what it is given."""

    def forward(self, img: torch.Tensor, return_features: bool = False):
        if not return_features:
            return img.sum()[None, None]
        return torch.stack([img[..., :8].mean((2, 3)), img[..., 8:].mean((2, 3))], dim=-1).flatten(1)


@pytest.fixture(scope="module")
def inception(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("inception") / "inception.pt"
    torch.jit.script(Stand()).save(path)
    return path


def test_inception_is_given_grey_levels_of_single_frames(inception):
    network = load_inception(inception, file_digest(inception), CPU)
    x = torch.zeros(20, 5, 3, 16, 16, dtype=torch.uint8)
    x[3, 1, 1, :, 8:] = 255
    features = network.features(x)
    assert features.shape == (100, 6) and features.dtype == np.float64
    assert features[3 * 5 + 1].tolist() == [0, 0, 0, 255, 0, 0] and features.sum() == 255
    assert network.features(x[:, :, 1:2])[16].tolist() == [0, 255] * 3, "one channel is shown as three"


def test_another_checksum_and_a_missing_file_are_one_line(inception, tmp_path):
    with pytest.raises(UserError, match=r"sha256 [0-9a-f]{12}... instead of 000000000000.*--dataset inception"):
        load_inception(inception, "0" * 64, CPU)
    with pytest.raises(UserError, match=r"no such file, so no fid-inception; .*or set evaluation.inception to false"):
        load_inception(tmp_path / "inception.pt", "0" * 64, CPU)


def test_the_pinned_network_is_one_file():
    source = inception_source()
    assert files("inception", ROOT / "data/sources.csv") == [source.path] and len(source.sha256) == 64
    assert paths.inception_file() == "data/raw/inception/inception-2015-12-05.pt"


def test_real_frames_stand_in_the_record_by_both_networks_or_not_at_all(made, inception, tmp_path):
    settings = evaluation_settings(TINY, "faces-drawn", 0) | {"inception": file_digest(inception)}
    job = EvaluationJob("real", PreparedDataset.open(made / "faces-drawn"), None, settings)
    networks = NetworkPaths(made / "judges", inception=inception)
    evaluation.evaluate(job, networks, tmp_path / "both.json", "cpu")
    floors = {c["metric"]: c for c in read_record(tmp_path / "both.json")["metrics"] if c["protocol"] == "real-frames"}
    ending = "72x8:72x8:{}:real-floor"
    assert set(floors) == {f"fid-judge:{ending.format('16px')}", f"fid-inception:{ending.format('299px-bilinear')}"}
    assert all(cell["value"] > 0 and cell["n"] == 72 for cell in floors.values())
    bare = {key: value for key, value in settings.items() if key not in ("frame_label", "inception")}
    evaluation.evaluate(replace(job, settings=bare), NetworkPaths(made / "judges"), tmp_path / "none.json", "cpu")
    assert not any("fid" in cell["metric"] for cell in read_record(tmp_path / "none.json")["metrics"])


def test_only_datasets_with_a_judge_of_the_label_are_measured():
    quick = params.load(overrides={"scale": "quick"})
    assert catalogue.frame_judged(quick) == ["faces-drawn"]
    found = evaluation_settings(quick, "faces-drawn", 0)
    assert (found["frame_label"], found["inception"]) == ("identity", None)
    asked = params.load(overrides={"scale": "quick", "evaluation": {"inception": True}})
    assert evaluation_settings(asked, "faces-drawn", 0)["inception"] == inception_source().sha256
    for dataset in set(catalogue.ids(asked).values()) - {"faces-drawn"}:
        assert not {"frame_label", "inception"} & set(evaluation_settings(asked, dataset, 0))
    other = params.load(overrides={"scale": "quick", "evaluation": {"frame_label": "digit"}})
    assert catalogue.frame_judged(other) == ["moving_mnist-drawn"]
    with pytest.raises(UserError, match="evaluation.frame_label: unknown 'identy'; did you mean 'identity'"):
        params.load(overrides={"evaluation": {"frame_label": "identy"}})
