"""HALO's supplementary table 2 and the figure of rotating MNIST, from made-up records and an exact model."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.project import PUBLISHED
from support.titles import TITLES

from latentmotion.core.records import write_record
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.models import base as contract
from latentmotion.reporting.figures import rotating_mnist as figure
from latentmotion.reporting.render_figure import render_figure
from latentmotion.reporting.render_table import render_table

PRINTED = {  # HALO, supplementary table 2
    "gppvae-dis": ("GPPVAE-dis", "0.0306"),
    "gppvae-joint": ("GPPVAE-joint", "0.0280"),
    "ode2vae": ("ODE2VAE", "0.0204"),
    "ode2vae-kl": ("ODE2VAE-KL", "0.0184"),
    "halo-unconditional": ("HALO (unconditional)", "0.0208"),
}


def record(model: str, dataset: str, **found: float) -> dict:
    metrics = [{"protocol": key.split("/")[0], "metric": key.split("/")[1], "value": v} for key, v in found.items()]
    common = {"verb": "evaluate", "model": model, "dataset": dataset, "source": "drawn", "scale": "quick", "seed": 0}
    return common | {
        "split": "test",
        "data": "",
        "judges": {},
        "status": "ok",
        "learnt": True,
        "metrics": metrics,
        "classes": {},
    }


def table(folder: Path, dataset: str = "rotating_mnist-drawn") -> dict[str, str]:
    records = [
        record(model, dataset, **{"missing-angle/mse": 0.01 * (i + 1), "missing-angle/psnr": 20.0 - i})
        for i, model in enumerate(PRINTED)
    ]
    bars = {"nearest-angle/copy_mse": 0.09, "nearest-angle/mean_mse": 0.08, "nearest-angle/mean_psnr": 11.0}
    files = []
    for made in [record("real", dataset, **bars), *records]:
        files.append(folder / f"{made['model']}.json")
        files[-1].write_text(json.dumps(made))
    settings = {
        "scale": "quick",
        "titles": TITLES,
        "report": "table_s2",
        "models": list(PRINTED),
        "datasets": ["rotating_mnist"],
    }
    settings |= {"shown": [f"{model}/{dataset}/seed0" for model in PRINTED], "options": {}}
    render_table("table_s2", files, PUBLISHED, folder / "table_s2", settings)
    return {path.suffix: path.read_text() for path in folder.glob("table_s2.*")}


def test_every_system_stands_beside_its_own_printed_number(tmp_path):
    texts = table(tmp_path)
    lines = {(line["row"], line["metric"]): line for line in csv.DictReader(io.StringIO(texts[".csv"]))}
    for i, (row, value) in enumerate(PRINTED.values()):
        cell = lines[row, "mse"]
        assert (cell["published"], float(cell["mean"])) == (value, pytest.approx(0.01 * (i + 1)))
        assert cell["protocol"] == "missing-angle" and cell["note"] == "published numbers on rotating MNIST"
        assert f"| {row} | 0.0{i + 1}00 (1) | *{value}* | {20 - i}.00 (1) |" in texts[".md"]
    copied, mean = lines["nearest angle copied", "mse"], lines["mean of both neighbours", "mse"]
    assert (copied["mean"], mean["mean"], mean["seeds"]) == ("0.09", "0.08", "")
    assert "| mean of both neighbours | 0.0800 |  | 11.00 |" in texts[".md"]
    assert "rotating digits of scikit-learn, published numbers on rotating MNIST" in texts[".md"]
    assert "The digits are those of scikit-learn" in texts[".md"] and "A judge" not in texts[".md"]


def test_results_on_the_real_digits_have_no_note_about_other_data(tmp_path):
    texts = table(tmp_path, "rotating_mnist")
    lines = list(csv.DictReader(io.StringIO(texts[".csv"])))
    assert {line["dataset"] for line in lines} == {"rotating MNIST"} and not any(line["note"] for line in lines)
    assert "'rotating MNIST': The digits are those of MNIST, which this project rotates.\n" in texts[".md"]


class Exact:
    """Knows every digit; generates the frame that it is given, over and over."""

    capabilities = frozenset({contract.COMPLETE, *figure.GENERATES})
    content_noise = 0

    def __init__(self, truth: torch.Tensor):
        self.truth = truth

    def complete(self, batch):
        assert (batch.x[~batch.seen] == -1).all(), "the figure shows the model what is hidden"
        return self.truth[batch.object]

    def motion_noise(self, length):
        return 2

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        return noise[:, :1].expand(-1, length)

    def decode(self, content, motion):
        return motion.tanh()[:, :, None, None, None].expand(-1, -1, 1, 16, 16)

    def predict(self, first, length, action):
        return first.expand(-1, length, -1, -1, -1)


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    """A run folder of the exact model on twelve drawn digits."""
    folder = tmp_path / "rotating_mnist-drawn"
    options = {"instances": 12, "hidden": 5}
    prepare("rotating_mnist", None, folder, {"source": "drawn", "size": 16, "frames": 16, "options": options})
    test, validation = PreparedDataset.open(folder).split("test"), PreparedDataset.open(folder).split("validation")
    truth = torch.from_numpy(figure.whole(test, validation, np.arange(12))).float() / 127.5 - 1
    loaded = Exact(truth), {"data_folder": str(folder)}
    monkeypatch.setattr(figure, "load_run", lambda run, device: loaded)
    run = tmp_path / "runs/tiny/halo-unconditional/rotating_mnist-drawn/seed0"
    write_record(run / "record.json", {"weights": "0123"})
    return run


def test_hidden_frames_are_edged_and_completed(run, tmp_path):
    folder = tmp_path / "rotating_mnist-drawn"
    test = PreparedDataset.open(folder).split("test")
    model = figure.load_run(run, None)[0]
    blocks = figure.completions({"HALO": model}, PreparedDataset.open(folder), 3, torch.device("cpu"))
    assert len(blocks) == 3
    for block in blocks:
        i = int(block.heading.split(";")[0].removeprefix("digit "))
        original, completed = block.clips
        assert (original.label, completed.label) == ("original", "HALO")
        assert np.array_equal(original.frames, completed.frames)
        inner = original.frames[:, 0, 1:-1, 1:-1]
        assert inner.max(axis=(1, 2)).min() > 0, "a frame of the original is missing"
        corner = original.frames[:, :, 0, 0]
        assert np.array_equal((corner == figure.MISSING).all(1), test.scored[i])
        assert np.array_equal((corner == figure.HIDDEN).all(1), ~(test.seen[i] | test.scored[i]))


def test_rotations_start_from_the_first_frame_that_is_shown(run, tmp_path):
    folder = tmp_path / "rotating_mnist-drawn"
    test = PreparedDataset.open(folder).split("test")
    random, given = figure.generations(
        figure.load_run(run, None)[0], PreparedDataset.open(folder), 12, torch.device("cpu")
    )
    assert len({clip.frames.tobytes() for clip in random.clips}) == 12
    for clip in given.clips:
        i = int(clip.label.removeprefix("digit "))
        assert len(clip.frames) == 16
        assert np.array_equal(clip.frames[0], test.x[i, test.seen[i].argmax()])


def test_figure_is_a_still_and_a_film_of_the_same_bytes(run, tmp_path):
    settings = {
        "scale": "tiny",
        "titles": TITLES,
        "shown": ["halo-unconditional/rotating_mnist-drawn/seed0"],
        "options": {},
    }
    settings |= {"report": "rotating_mnist", "models": ["halo-unconditional"], "datasets": ["rotating_mnist"]}
    for folder in ("a", "b"):
        render_figure("digits", [run], tmp_path / folder / "digits", settings, "cpu")
    for suffix in ("png", "gif"):
        assert (tmp_path / f"a/digits.{suffix}").read_bytes() == (tmp_path / f"b/digits.{suffix}").read_bytes()
    assert Image.open(tmp_path / "a/digits.gif").n_frames == 16
