"""Hamiltonian GAN's table 1 from made-up records: its two networks, floors, failed seeds and footnotes."""

import csv
import io
import json
from pathlib import Path

from support.project import ROOT
from support.titles import TITLES

from latentmotion.evaluation.judges.distortions import KINDS
from latentmotion.reporting.render_table import render_table

MODELS = ["hgn", "mocogan-unconditional", "hnn-gan", "hgan"]
DATASETS = ["mass_spring", "pendulum", "double_pendulum", "two_body", "three_body"]
CARD = {
    "weights": "a" * 64,
    "learns": {"dataset": DATASETS, "distortion": list(KINDS)},
    "validation": {"dataset_accuracy": 0.99, "distortion_accuracy": 0.75, "loss": 0.7},
}
OTHER = {"video_networks": {"fvd-judge": CARD | {"weights": "b" * 64}}}
JUDGE, I3D = "fvd-judge:2048x16:random-clip:32px", "fvd-i3d:2048x16:random-clip:224px-bilinear"


def record(model: str, dataset: str, seed: int, found: dict[str, float], **changes) -> dict:
    protocol, end = ("real-videos", ":real-floor") if model == "real" else ("generate", "")
    metrics = [{"protocol": protocol, "metric": f"{name}{end}", "value": v, "n": 2048} for name, v in found.items()]
    common = {"verb": "evaluate", "model": model, "dataset": dataset, "source": "real", "scale": "quick", "seed": seed}
    common |= {"split": "test", "data": dataset, "judges": {}, "classes": {}, "video_networks": {"fvd-judge": CARD}}
    return common | {"status": "ok", "learnt": True, "metrics": metrics, "notes": [], "settings": {}} | changes


ABLATION = "hgan-no-cyclic"  # trained on the pendulum alone


def table(folder: Path, models=MODELS, seeds=(0, 1), i3d: bool = False, shown=MODELS, **changed) -> dict[str, str]:
    runs = [(m, d, s) for d in DATASETS for m in models for s in seeds if m != ABLATION or d == "pendulum"]
    given = []
    for model, dataset, seed in [*runs, *(("real", dataset, 0) for dataset in DATASETS)]:
        value = 0.125 if model == "real" else 10.0 * (1 + shown.index(model)) + seed
        found = {JUDGE: value} | ({I3D: 100 * value} if i3d else {})
        name = f"{model}-{dataset}-{seed}"
        given.append(folder / f"{name}.json")
        given[-1].write_text(json.dumps(record(model, dataset, seed, found, **changed.get(name, {}))))
    settings = {
        "scale": "quick",
        "titles": TITLES,
        "report": "hgan_table1",
        "models": shown,
        "datasets": DATASETS,
        "options": {},
    }
    settings |= {"shown": [f"{model}/{dataset}/seed{seed}" for model, dataset, seed in runs]}
    render_table("hgan_table1", given, ROOT / "data/published.csv", folder / "out/hgan_table1", settings)
    return {path.suffix: path.read_text() for path in (folder / "out").iterdir()}


def lines(texts: dict[str, str], row: str, dataset: str) -> dict[str, dict]:
    found = csv.DictReader(io.StringIO(texts[".csv"]))
    return {line["metric"]: line for line in found if (line["row"], line["dataset"]) == (row, dataset)}


def test_the_two_networks_have_blocks_of_their_own(tmp_path):
    texts = table(tmp_path)
    ours = lines(texts, "HGAN", "pendulum")
    assert (ours[JUDGE]["mean"], ours[JUDGE]["seeds"], ours[JUDGE]["published"]) == ("40.5", "2", "")
    assert (ours[I3D]["mean"], ours[I3D]["published"], ours[I3D]["status"]) == ("", "91.64", "published only")
    assert not any(line["published"] for line in lines(texts, "HNN-GAN", "pendulum").values())
    assert lines(texts, "MoCoGAN (unconditional)", "three body")[I3D]["published"] == "2527.78"
    first, second = texts[".md"].split("fvd-i3d ↓")[:2]
    assert "| HGN | 10.5 ± 0.707 (2) |" in first and "| real data | 0.125 |" in first and "385.08" not in first
    assert "| HGN | *385.08* | *688.12* | *331.94* | *830.91* | *451.40* |" in second and "10.5" not in second
    assert "HNN-GAN |" not in second and "|  | mass spring, *published* | pendulum, *published* |" in second


def test_i3d_is_shown_where_records_have_it(tmp_path):
    texts = table(
        tmp_path,
        i3d=True,
        **{f"hgn-pendulum-{s}": {"status": "failed (NaN)", "metrics": [], "video_networks": {}} for s in (0, 1)},
    )
    ours = lines(texts, "HGAN", "mass spring")[I3D]
    assert (ours["mean"], ours["published"], ours["status"]) == ("4050", "45.68", "ok")
    assert "4050 ± 71 (2) | *45.68*" in texts[".md"] and "| real data | 12.5 |" in texts[".md"]
    assert lines(texts, "HGN", "pendulum")[JUDGE]["status"] == "failed" and "| failed |" in texts[".md"]


def test_footnotes_explain_the_numbers(tmp_path):
    texts = table(tmp_path, models=["hgan"])
    assert JUDGE in texts[".md"] and "size of its distances is not comparable with those of I3D" in texts[".md"]
    assert "its accuracies are 0.990 and 0.750. " in texts[".md"] and "which of 12 distortions" in texts[".md"]
    assert "'other judge'" not in texts[".md"]
    assert "'two body': This project simulates the data." in texts[".md"] and "published data" not in texts[".md"]
    assert lines(texts, "HGN", "pendulum")[I3D]["status"] == "published only"


def test_a_model_of_some_columns_stands_in_the_order_of_the_models(tmp_path):
    models = ["hgan", ABLATION, "hnn-gan"]
    texts = table(tmp_path, models=models, seeds=(0,), shown=models)[".md"]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in texts.split("fvd-i3d ↓")[0].splitlines()]
    assert rows[rows.index("HGAN") :][:4] == ["HGAN", TITLES["models"][ABLATION], "HNN-GAN", "real data"]
    assert f"Ablations of this project, which the paper does not have: {TITLES['models'][ABLATION]}." in texts
    assert "Ablations" not in table(tmp_path, models=["hgan"])[".md"]


def test_each_column_may_have_a_judge_of_its_own(tmp_path):
    """All records of a column have the same one, and the footnotes name the columns of each."""
    again = {f"{model}-two_body-0": OTHER for model in ("hgan", "real")}
    texts = table(tmp_path, models=["hgan"], seeds=(0,), **again)[".md"]
    assert "0.990 and 0.750 (mass spring, pendulum, double pendulum, three body); 0.990 and 0.750 (two body)." in texts
    assert "Compare distances within a column only." in texts and "'other judge'" not in texts


def test_a_number_of_another_judge_than_that_of_the_column_is_left_out(tmp_path):
    texts = table(tmp_path, models=["hgn", "hgan"], seeds=(0,), **{"hgan-two_body-0": OTHER})
    found = lines(texts, "HGAN", "two body")[JUDGE]
    assert (found["mean"], found["status"]) == ("", "other judge") and "| other judge |" in texts[".md"]
    assert found["note"] == "left out: seed 0, with another network"
    assert "Other judges than those of the real data scored HGAN on two body." in texts[".md"]
    assert lines(texts, "HGN", "two body")[JUDGE]["mean"] == "10"
    assert "A cell says 'other judge'" in texts[".md"]
    assert '<td class="absent first" colspan=2>other judge</td>' in texts[".html"]
    assert "& other judge &" in texts[".tex"]


def test_seeds_of_another_judge_are_left_out_one_by_one(tmp_path):
    found = lines(table(tmp_path, models=["hgan"], **{"hgan-two_body-1": OTHER}), "HGAN", "two body")[JUDGE]
    assert (found["mean"], found["seeds"], found["note"]) == ("40", "1", "left out: seed 1, with another network")
