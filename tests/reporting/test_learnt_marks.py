"""The marks of runs that have not learnt, in tables, csv files, figures and main scores, and the notes on them."""

import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.project import PUBLISHED
from support.titles import TITLES

from latentmotion.core.evidence import evidence
from latentmotion.reporting.drawing import image_grid
from latentmotion.reporting.drawing.sequences import by_dataset
from latentmotion.reporting.main_scores import main_scores
from latentmotion.reporting.render_table import render_table
from latentmotion.reporting.tabulation.aggregate import cell_text
from latentmotion.reporting.tabulation.learnt import (
    UNKNOWN,
    is_marked,
    learnt_text,
    notes_on_learning,
    notes_on_seen,
    seen_text,
)
from latentmotion.reporting.titles import MARK, Titles, learnt_note

WHY = "On validation sequences, the run explains 0.12 of the energy of the frames (bar 0.6)."
SEEN = {"sequences": 86400, "epochs": 10.67, "training_sequences": 8100, "paper": 7200000, "paper_source": "code"}
METRICS = {"ssim": 0.9, "psnr": 25.0, "mse": 0.004, "mse_future": 0.004, "mse_over_copy": 0.5, "horizon": 11.0}
NAMES = Titles(TITLES["models"], TITLES["datasets"])


def record(model: str, seed: int = 0, learnt: bool | None = True, **changes) -> dict:
    protocol = "copy" if model == "real" else "predict"
    found = {
        "verb": "evaluate", "model": model, "dataset": "sprites", "source": "real", "scale": "quick", "seed": seed,
        "split": "test", "data": "x", "judges": {}, "status": "ok", "notes": [], "classes": {},
        "metrics": [{"protocol": protocol, "metric": name, "value": value, "n": 9} for name, value in METRICS.items()],
    }  # fmt: skip
    if model != "real" and learnt is not None:
        found |= {"learnt": learnt, "learnt_by": [], "learnt_why": "" if learnt else WHY, "seen": SEEN}
    return found | changes


def test_the_column_learnt():
    assert learnt_text([record("halo")]) == "yes" and learnt_text([record("halo", learnt=False)]) == "no"
    assert learnt_text([record("halo", 0), record("halo", 1, False), record("halo", 2)]) == "2 of 3"
    assert learnt_text([record("halo", 0), record("halo", 1, None)]) == "1 of 2"
    assert learnt_text([record("halo", learnt=None)]) == "not known"
    assert learnt_text([record("real")]) is None and learnt_text([]) is None
    assert learnt_text([record("halo", status="failed", metrics=[], learnt=None)]) is None
    marked = {text: is_marked(text) for text in ("yes", "no", "2 of 3", "not known", None, float("nan"))}
    assert [text for text, mark in marked.items() if mark] == ["no", "2 of 3", "not known"]


def test_the_column_seen():
    longer = record("halo", 1, seen=SEEN | {"sequences": 100000})
    assert seen_text([record("halo", 0), record("halo", 2)]) == "86400"
    assert seen_text([longer, record("halo", 0)]) == "86400; 100000", "by size, not by the order of texts or of seeds"
    assert seen_text([record("halo", learnt=None)]) is None, "the record is older than the count"
    assert seen_text([record("real")]) is None and seen_text([]) is None


def test_the_mark_stands_behind_the_number():
    line = SimpleNamespace(mean=0.5, std=0.1, seeds=3, status="ok", note="", learnt="2 of 3")
    assert cell_text(line) == "0.500 ± 0.100 (3) ‡"
    line.note, line.learnt = "weak judge: action 0.7", "no"
    assert cell_text(line, of="of 12") == "0.500 ± 0.100 (3) of 12 † ‡"
    line.learnt = "yes"
    assert cell_text(line).endswith("†")


def test_notes_name_the_runs_and_the_reason():
    single = [record("halo", learnt=False), record("dsvae", learnt=True)]
    assert notes_on_learning(single, NAMES) == [f"‡ HALO (conditional) on sprites has not learnt: {WHY}"]
    seeds = [record("dsvae", 0), record("dsvae", 1, False), record("dsvae", 2)]
    assert notes_on_learning(seeds, NAMES) == [f"‡ DSVAE on sprites: 1 of 3 seeds has not learnt. Seed 1: {WHY}"]
    old = [record(model, learnt=None) for model in ("halo", "dsvae", "s3vae")]
    assert notes_on_learning(old, NAMES) == [
        f"‡ HALO (conditional) on sprites, DSVAE on sprites and S3VAE on sprites count as not learnt: {UNKNOWN}"
    ]
    open_question = record("halo", learnt=None, learnt_why="No bar is set for this data set.")
    assert notes_on_learning([open_question], NAMES) == [
        "‡ HALO (conditional) on sprites counts as not learnt: No bar is set for this data set."
    ]
    assert notes_on_learning([record("real"), record("halo")], NAMES) == []


def test_notes_say_what_was_seen():
    (note,) = notes_on_seen([record("halo"), record("dsvae", seen=SEEN | {"paper": None})], NAMES)
    assert note.endswith(
        "on sprites: HALO (conditional) 86,400 (10.7 epochs; paper 7,200,000), DSVAE 86,400 (10.7 epochs)."
    )
    assert notes_on_seen([record("halo", learnt=None), record("real")], NAMES) == []


@pytest.fixture
def table(tmp_path) -> dict[str, str]:
    """Table 1 of HALO, which has learnt, and of skew-HALO, which has not, in each format."""
    records = [record("halo"), record("halo-skew", learnt=False), record("real")]
    shown = [f"{model}/sprites/seed0" for model in ("halo", "halo-skew")]
    settings = {"scale": "quick", "titles": TITLES, "shown": shown, "report": "table1", "options": {}}
    settings |= {"models": ["halo", "halo-skew"], "datasets": ["sprites"]}
    paths = []
    for content in records:
        paths.append(tmp_path / f"{content['model']}.json")
        paths[-1].write_text(json.dumps(content), encoding="utf-8")
    render_table("table1", paths, PUBLISHED, tmp_path / "out/table1", settings)
    return {path.suffix: path.read_text(encoding="utf-8") for path in Path(tmp_path / "out").iterdir()}


def test_a_table_marks_what_has_not_learnt(table):
    for suffix, mark in ((".md", "‡"), (".html", "‡"), (".tex", r"$^\ddagger$")):
        assert mark in table[suffix] and "skew-HALO on sprites has not learnt: On validation sequences" in table[suffix]
    rows = {line.split(" | ")[0].strip("| "): line for line in table[".md"].splitlines() if line.startswith("| ")}
    assert "‡" in rows["skew-HALO"] and "‡" not in rows["HALO (conditional)"]
    lines = list(csv.DictReader(io.StringIO(table[".csv"])))
    assert {line["learnt"] for line in lines if line["row"] == "skew-HALO" and line["mean"]} == {"no"}
    assert {line["learnt"] for line in lines if line["row"] == "HALO (conditional)" and line["mean"]} == {"yes"}
    assert {line["learnt"] for line in lines if line["row"] == "first frame, copied"} <= {""}
    assert "86,400 (10.7 epochs; paper 7,200,000)" in table[".md"]


def test_figures_mark_the_run_that_they_show():
    titles = Titles.of({"titles": TITLES, "marked": ["halo/sprites/seed1"]})
    assert titles.of_run("halo/sprites/seed1") == "HALO (conditional) ‡"
    assert titles.of_run("halo/sprites/seed0") == titles.of_run("halo/faces/seed1") == "HALO (conditional)"
    assert learnt_note("HALO ‡, sprites") == " (‡ has not learnt)" and learnt_note("HALO") == ""
    split = SimpleNamespace(name="sprites/test")
    runs = [
        SimpleNamespace(split=split, name=f"{name}/sprites/seed0", dataset="sprites", system=system)
        for name, system in (("halo", "HALO"), ("dsvae", "DSVAE ‡"))
    ]
    assert list(by_dataset(runs, "quick")) == ["sprites, seed 0, scale quick (‡ has not learnt)"]


def test_pictures_have_a_font_with_the_mark():
    def drawn(text: str, of: str) -> bytes:
        return bytes(image_grid._font(26, of).getmask(text))

    missing = drawn("\u0378", MARK)
    assert drawn(MARK, MARK) not in (missing, drawn("*", MARK)) and any(drawn(MARK, MARK))
    assert drawn("HALO", "HALO") != drawn("HALO", MARK), "other text keeps its font"


def test_what_a_figure_was_made_from_holds_the_verdict():
    assert evidence("0123", None) == evidence("0123", record("halo", learnt=None)) == "0123"
    assert evidence("0123", record("halo")) == "0123 learnt"
    assert evidence("0123", record("halo", learnt=False)) == "0123 not learnt"


def test_main_scores_hold_the_share_of_runs_that_have_learnt():
    found = main_scores([record("halo", 0), record("halo", 1, False), record("halo", 2, None), record("halo", 3)])
    assert found["sprites"]["learnt"] == 0.5 and found["sprites"]["predict"]["mse"] == 0.004
    assert "learnt" not in main_scores([record("real")]).get("sprites", {})
