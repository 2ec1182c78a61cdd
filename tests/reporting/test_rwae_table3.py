"""R-WAE's table 3 from made-up records: the protocol behind each cell, and where printed numbers are shown."""

import csv
import io
import json
from pathlib import Path

import pytest
from support.project import PUBLISHED
from support.titles import TITLES

from latentmotion.reporting.display_names import printed_row
from latentmotion.reporting.render_table import render_table
from latentmotion.reporting.tabulation.published import audit, read_published

MODELS = ["mocogan", "dsvae-complex", "dsvae-weak", "rwae-weak", "rwae-gan-weak"]
CLASSES = {"action": 6, "identity": 52}
JUDGE, INCEPTION = "fid-judge:312x8:312x8:32px", "fid-inception:312x8:312x8:299px-bilinear"
WRONG = 0.123  # of what the table shows nowhere


def values(model: str, seed: int, inception: bool) -> dict[tuple[str, str], float]:
    names = {"action_h_y_given_x": 0.25, "action_h_y": 1.75, "action_is": 4.4817}
    if model == "real":
        found = {("real", "action_accuracy"): 0.9968} | {("real", name): value for name, value in names.items()}
        floors = {JUDGE: 6.81} | ({INCEPTION: 1.5} if inception else {})
        return found | {("real-frames", f"{name}:real-floor"): value for name, value in floors.items()}
    drawn = {"action_h_y_given_x": 0.5, "action_h_y": 1.5, "action_is": 2.7183}
    found = {("generate", name): value for name, value in drawn.items()}
    if model == "mocogan":
        found["generate", "action_accuracy"] = 0.5
    else:
        found |= {("content-prior", name): value for name, value in names.items()}
        found |= {("content-prior", "action_accuracy"): 0.8 - 0.02 * seed}
        found |= {(protocol, "action_accuracy"): WRONG for protocol in ("motion-prior", "motion-swap")}
    if model.endswith("weak"):
        found["category", "category_accuracy"] = 0.6
    found["frame-distance", JUDGE] = 100.0 + 10 * MODELS.index(model)
    return found | ({("frame-distance", INCEPTION): 20.0} if inception else {})


def record(model: str, seed: int, inception: bool = False, dataset: str = "faces-drawn", **changes) -> dict:
    metrics = [
        {"protocol": protocol, "metric": metric, "value": value, "n": 312}
        for (protocol, metric), value in values(model, seed, inception).items()
    ]
    judges = {label: {"test_accuracy": 0.99, "floor": 0.95, "weak": False} for label in CLASSES}
    common = {"verb": "evaluate", "model": model, "dataset": dataset, "source": "drawn", "scale": "quick", "seed": seed}
    common |= {"split": "test", "data": dataset, "judges": judges, "classes": CLASSES}
    common |= {"settings": {"frame_label": "identity"}}
    return common | {"status": "ok", "learnt": True, "metrics": metrics, "notes": []} | changes


def rendered(folder: Path, *changed: dict, models=MODELS, inception: bool = False, **same) -> dict[str, str]:
    """Suffix -> text of the table; `changed` replace the records of the same runs, `same` is in all of them."""
    runs, given = [(model, seed) for model in models for seed in (0, 1)], {}
    for found in [*(record(*run, inception, **same) for run in [*runs, ("real", 0)]), *changed]:
        given[found["model"], found["seed"]] = folder / f"{found['model']}-{found['seed']}.json"
        given[found["model"], found["seed"]].write_text(json.dumps(found))
    settings = {
        "scale": "quick",
        "titles": TITLES,
        "report": "rwae_table3",
        "models": MODELS,
        "datasets": ["faces"],
        "options": {},
    }
    settings |= {"shown": [f"{model}/{same.get('dataset', 'faces-drawn')}/seed{seed}" for model, seed in runs]}
    render_table("rwae_table3", list(given.values()), PUBLISHED, folder / "out" / "rwae_table3", settings)
    return {path.suffix: path.read_text() for path in (folder / "out").iterdir()}


def cell(texts: dict[str, str], row: str, protocol: str, metric: str) -> dict:
    lines = csv.DictReader(io.StringIO(texts[".csv"]))
    found = [line for line in lines if (line["row"], line["protocol"], line["metric"]) == (row, protocol, metric)]
    assert len(found) == 1, (row, protocol, metric)
    return found[0]


def line(texts: dict[str, str], row: str, block: int = 0) -> list[str]:
    """A row of the markdown: its cells."""
    part = texts[".md"].split("| --- |")[block + 1]
    return [text.strip() for text in next(x for x in part.splitlines() if x.startswith(f"| {row} |")).split("|")][2:-1]


def test_all_25_printed_numbers_are_there_and_agree_with_each_other():
    published = read_published(PUBLISHED)
    printed = published[(published.paper == "R-WAE") & (published.table == "3")]
    assert len(printed) == 25 and set(printed.row) == {printed_row(model, "R-WAE", "3") for model in MODELS}
    assert len(audit(printed)) == 5 and audit(printed).holds.all()
    accuracy = printed[printed.metric == "action_accuracy"]
    assert list(accuracy.value) == ["75.50", "66.73", "82.84", "88.62", "90.15"] and set(accuracy.note) == {"per cent"}
    assert list(printed[printed.metric == "fid"].value) == ["16.95", "18.72", "14.79", "12.21", "10.86"]


def test_each_row_has_its_protocol_and_its_printed_numbers(tmp_path):
    texts = rendered(tmp_path)
    held = cell(texts, "R-WAE(GAN), complex, weak", "content-prior", "action_accuracy")
    assert (float(held["mean"]), held["seeds"], held["published"]) == (pytest.approx(79), "2", "90.15")
    assert cell(texts, "MoCoGAN", "generate", "action_accuracy")["published"] == "75.50"
    assert "published numbers on MUG" in held["note"]
    assert line(texts, "MoCoGAN")[:3] == ["generate", "50.00 ± 0.00 (2)", "*75.50*"]
    assert line(texts, "DSVAE, complex")[:5] == [
        *("content-prior", "79.00 ± 1.41 (2)", "*66.73*"),
        *("0.250 ± 0.000 (2)", "*0.28*"),
    ]
    assert line(texts, "chance")[1::2][:4] == ["16.67", "1.792", "1.792", "1.000"]
    assert line(texts, "real data")[:2] == ["", "99.68"]
    assert "12.3" not in texts[".md"].split("- ")[0], "no other protocol's accuracy"


def test_distances_stand_by_network_and_printed_ones_with_inception_alone(tmp_path):
    texts = rendered(tmp_path)
    assert line(texts, "R-WAE(MMD), complex, weak")[9:] == ["130.00 ± 0.00 (2)", "*12.21*", "60.00 ± 0.00 (2)"]
    assert line(texts, "DSVAE, complex")[9:] == ["110.00 ± 0.00 (2)", "*18.72*", ""], "no category, no action variable"
    assert line(texts, "real data")[9:] == ["6.81", "", ""] and line(texts, "chance")[9:] == ["", "", "16.67"]
    assert cell(texts, "MoCoGAN", "frame-distance", "fid-inception")["status"] == "published only"
    assert "fid-inception ↓, *published*" in texts[".md"] and JUDGE in texts[".md"]


def test_inception_stands_beside_the_printed_numbers_where_it_was_measured(tmp_path):
    texts = rendered(tmp_path, inception=True)
    ours = cell(texts, "MoCoGAN", "frame-distance", INCEPTION)
    assert (ours["mean"], ours["published"]) == ("20", "16.95")
    assert line(texts, "MoCoGAN")[9:] == ["100.00 ± 0.00 (2)", "20.00 ± 0.00 (2)", "*16.95*", ""]
    assert line(texts, "real data")[10] == "1.50"


def test_what_is_drawn_as_a_whole_has_a_block_without_printed_numbers(tmp_path):
    texts = rendered(tmp_path)
    for row in ("MoCoGAN", "DSVAE, complex, weak"):
        assert line(texts, row, 1) == ["0.500 ± 0.000 (2)", "1.500 ± 0.000 (2)", "2.718 ± 0.000 (2)"]
    assert line(texts, "chance", 1) == ["1.792", "1.792", "1.000"]
    assert "*published*" not in texts[".md"].split("| --- |")[2].split("\n- ")[0]


def test_failures_and_systems_that_were_not_run_are_shown(tmp_path):
    broken = [record("rwae-weak", seed, status="failed (NaN at step 9)", metrics=[]) for seed in (0, 1)]
    texts = rendered(tmp_path, *broken, models=MODELS[1:])
    assert "failed" in line(texts, "R-WAE(MMD), complex, weak")
    assert cell(texts, "R-WAE(MMD), complex, weak", "frame-distance", JUDGE)["status"] == "failed"
    assert cell(texts, "MoCoGAN", "content-prior", "action_accuracy")["status"] == "published only"
    assert "*75.50*" in line(texts, "MoCoGAN") and "*16.95*" in line(texts, "MoCoGAN")


def test_a_weak_judge_marks_its_own_cells_and_not_those_of_the_category(tmp_path):
    judges = {label: {"test_accuracy": 0.9, "floor": 0.95, "weak": True} for label in CLASSES}
    texts = rendered(tmp_path, judges=judges)
    cells = line(texts, "R-WAE(MMD), complex, weak")
    assert all("†" in cells[place] for place in (1, 3, 5, 7, 9)) and "†" not in cells[-1]
    assert "weak judge: identity 0.900" in cell(texts, "real data", "real-frames", f"{JUDGE}:real-floor")["note"]
    judges["action"] = {"test_accuracy": 0.99, "floor": 0.95, "weak": False}
    marked = line(rendered(tmp_path, judges=judges), "MoCoGAN")
    assert ["†" in text for text in marked] == [place == 9 for place in range(len(marked))]


def test_real_faces_are_not_called_another_set(tmp_path):
    texts = rendered(tmp_path, dataset="faces", source="real")
    assert "published numbers on" not in texts[".md"] and "*90.15*" in line(texts, "R-WAE(GAN), complex, weak")
    assert texts[".tex"].isascii() and "| nan" not in texts[".md"] and "<tr class=reference>" in texts[".html"]
