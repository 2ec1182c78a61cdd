"""Motion swaps with a model that swaps exactly, and the pages that show reports."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.project import ROOT
from support.titles import TITLES

from latentmotion.core.errors import UserError
from latentmotion.core.records import read_record, write_record
from latentmotion.core.source_code import code_digest
from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.models.base import SequenceModel
from latentmotion.reporting import index_page
from latentmotion.reporting.drawing import sequences
from latentmotion.reporting.drawing.trained_run import open_runs
from latentmotion.reporting.render_figure import render_figure

PARAMS = ROOT / "params.yaml"


class Exact(SequenceModel):
    """Content is the colour of the first frame, motion the brightness of each frame: swapping them is exact."""

    capabilities = frozenset({"encode"})

    def encode(self, x, action):
        assert x.min() >= -1 and x.max() <= 1 and x.dtype == torch.float32 and action.shape == x.shape[:1]
        x = (x + 1) / 2
        motion = x.amax(dim=(2, 3, 4))
        return x[:, 0, :, 0, 0] / motion[:, :1], motion

    def decode(self, content, motion):
        frames = motion[:, :, None, None, None] * content[:, None, :, None, None]
        return frames.expand(-1, -1, -1, 8, 8) * 2 - 1


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    """A run folder of the exact model, on data of 12 groups whose colour is the content label."""
    n = 36
    group, action = np.arange(n) // 3, np.arange(n) % 3
    colour = np.stack([group % 2, group % 3 == 0, np.ones(n)], axis=1) * 255
    brightness = np.stack([(action + 1) * 0.2 + 0.1 * t for t in range(4)], axis=1)
    x = (brightness[:, :, None, None, None] * colour[:, None, :, None, None]).round().astype(np.uint8)
    x = np.broadcast_to(x, (n, 4, 3, 8, 8)).copy()
    x[:, 0, :, 4, 4] = group[:, None]  # tells groups of equal colour apart
    specs = {"action": LabelSpec("motion", ("rise", "wait", "fall")), "colour": LabelSpec("content", ("a", "b"))}
    split = np.array(["train", "validation", "test", "test"])[(group + group // 4) % 4]
    labels = {"action": action, "colour": group % 2}
    write(Sequences(x, labels, specs, group, split, {}), tmp_path / "data", {})
    monkeypatch.setattr(
        "latentmotion.training.load.load_run", lambda folder, device: (Exact(), {"data_folder": str(tmp_path / "data")})
    )
    folder = tmp_path / "runs/tiny/halo/sprites-drawn/seed0"
    write_record(folder / "record.json", {"weights": "0123"})
    return folder


SETTINGS = {"scale": "tiny", "titles": TITLES, "shown": ["halo/sprites-drawn/seed0"], "report": "motion_swap"}
SETTINGS |= {"models": ["halo"], "datasets": ["sprites"], "options": {"pairs": 2}}


def test_swaps_keep_content_and_exchange_motion(run):
    (shown,) = open_runs([run], SETTINGS, "cpu", {"encode"})
    swapped = sequences.swaps(shown, 4, 4)
    assert len(swapped) == 4
    for a, b_as_a, a_as_b, b in (block.clips for block in swapped):
        assert a.label.removeprefix("A: ") != b.label.removeprefix("B: ")
        for content, motion, result in ((a, b, a_as_b), (b, a, b_as_a)):
            corner = content.frames[1, :, 0, 0] > 0
            assert (result.frames[1, :, 0, 0] > 0).tolist() == corner.tolist()
            assert np.allclose(result.frames.max(axis=(1, 2, 3)), motion.frames.max(axis=(1, 2, 3)), atol=1)


def test_figure_is_a_still_and_a_film_of_the_same_bytes(run, tmp_path):
    for folder in ("a", "b"):
        render_figure("swap", [run], tmp_path / folder / "swap", SETTINGS, "cpu")
    for suffix in ("png", "gif"):
        assert (tmp_path / f"a/swap.{suffix}").read_bytes() == (tmp_path / f"b/swap.{suffix}").read_bytes()
    film = Image.open(tmp_path / "a/swap.gif")
    assert film.n_frames == 4 and film.info["loop"] == 0
    assert min(Image.open(io.BytesIO((tmp_path / "a/swap.png").read_bytes())).size) > 250
    assert read_record(tmp_path / "a/swap.json") == {
        "verb": "figure",
        "name": "swap",
        "settings": SETTINGS,
        "code": code_digest("reporting/figures/motion_swap", "reporting/render_figure"),
        "made_from": {"results/tiny/halo/sprites-drawn/seed0.json": "0123"},
    }


def test_a_declared_run_may_not_be_left_out(tmp_path):
    with pytest.raises(UserError, match="runs/tiny/halo/sprites-drawn/seed0: declared for swap"):
        render_figure("swap", [], tmp_path / "swap", SETTINGS, "cpu")


def test_site_lists_what_is_made_and_what_is_not(tmp_path):
    for suffix in ("csv", "md", "tex", "html"):
        (tmp_path / f"table2.{suffix}").write_text("x")
    index_page.build(tmp_path, PARAMS)
    index, listing = (tmp_path / "index.html").read_text(), (tmp_path / "README.md").read_text()
    assert 'href="table2.html"' in index and "snakemake reports/figure_motion_swap.png" in index
    assert "| `reports/table2.csv` | HALO, table 2 |" in listing and "| no |" in listing
    assert "http" not in index.replace('<a href="https://arxiv.org/abs/', "")
