"""HALO's tables from made-up records: what they show, what decides a tick, and what they leave out."""

import csv
import io
import json
from pathlib import Path

import pytest
from support.project import PUBLISHED
from support.titles import TITLES

from latentmotion.reporting.display_names import PRINTED_ROWS
from latentmotion.reporting.render_table import render_table
from latentmotion.reporting.tabulation.published import read_published

CLASSES = {"sprites-drawn": {"action": 9, "body": 6, "hair": 6}, "faces-drawn": {"action": 6, "identity": 52}}
ABLATION = [
    *("halo", "halo-linear", "halo-rnn", "halo-unconditional", "halo-linear-unconditional", "halo-rnn-unconditional"),
    *("halo-fourier", "halo-fourier-unconditional", "halo-skew", "dsvae"),
]
MODELS = {
    "table1": ["halo", "halo-skew"],
    "table3": ["halo", "halo-linear", "halo-rnn", "halo-fourier"],
    "table_s1": ABLATION,
}
SEEDS = {"table1": (0, 1, 2), "table3": (0, 1), "table_s1": (0,)}


def values(model: str, dataset: str, seed: int) -> dict[tuple[str, str], float]:
    """(protocol, metric) -> value: HALO is good at everything, Linear leaks, RNN predicts badly."""
    labels = CLASSES[dataset]
    if model == "real":
        found = {("real", f"{label}_accuracy"): 1.0 for label in labels}
        found |= {("real", "action_h_y_given_x"): 0.01, ("real", "action_h_y"): 1.79, ("real", "action_is"): 5.9}
        quality = {"ssim": 0.7, "psnr": 22.0, "mse": 0.02, "mse_future": 0.0213, "mse_over_copy": 1.0, "horizon": 1.5}
        return found | {("copy", name): value for name, value in quality.items()}
    halo = model in ("halo", "halo-skew", "halo-unconditional")
    conditional = model.startswith("halo") and "unconditional" not in model
    found = {("motion-swap", f"{label}_accuracy"): 0.9 - 0.01 * seed for label in labels}
    for protocol in ("motion-prior", "content-prior"):
        found |= {(protocol, "action_h_y_given_x"): 0.2, (protocol, "action_h_y"): 1.7, (protocol, "action_is"): 4.5}
    found["motion-prior" if conditional else "content-prior", "action_accuracy"] = 0.8 if halo else 0.4
    for label in labels:
        own = "motion" if label == "action" else "content"
        for code in ("content", "motion"):
            found["leakage", f"{label}_from_{code}"] = 0.97 if code == own or model == "halo-linear" else 0.2
        found["leakage", f"{label}_chance"] = 1 / labels[label]
    quality = {"ssim": 0.9, "psnr": 30.0, "mse": 0.001 + 0.0002 * seed, "mse_future": 0.0011, "horizon": 12.0}
    quality |= {"mse_over_copy": (0.4 if halo else 1.1) + 0.1 * seed}
    found |= {("predict", name): value for name, value in quality.items()}
    if conditional:
        found["image-to-sequence", "action_accuracy"] = 0.95 if halo else 0.3
    if model.startswith("halo"):
        found |= {("dynamics", "reversibility_error"): 2e-7 if halo else 0.8, ("dynamics", "growth"): 1.02}
        found |= {("dynamics", "state_size"): 1 if "fourier" in model else 12}
        found |= {} if "fourier" in model else {("dynamics", "symplectic_error"): 3e-7 if halo else 0.9}
        found |= {("energy", "energy_drift"): 4e-7} if halo else {}
    return found


def record(model: str, dataset: str, seed: int, **changes: float) -> dict:
    found = values(model, dataset, seed)
    found |= {key: changes[key[1]] for key in found if key[1] in changes}
    metrics = [{"protocol": p, "metric": m, "value": v, "n": 120} for (p, m), v in found.items()]
    judges = {label: {"test_accuracy": 1.0, "floor": 0.95, "weak": False} for label in CLASSES[dataset]}
    common = {"verb": "evaluate", "model": model, "dataset": dataset, "source": "drawn", "scale": "quick", "seed": seed}
    common |= {
        "split": "test",
        "data": dataset,
        "judges": judges,
        "status": "ok",
        "learnt": True,
        "metrics": metrics,
        "notes": [],
    }
    return common | {"settings": {"predict_length": 16, "rollout_length": 100}, "classes": CLASSES[dataset]}


def rendered(table: str, tmp_path: Path, *changed: dict) -> dict[str, str]:
    """Suffix -> text of a table, from the records of every declared run; `changed` replace those of the same run."""
    runs = [(model, dataset, seed) for dataset in CLASSES for model in MODELS[table] for seed in SEEDS[table]]
    everything = [record(*run) for run in [*runs, *(("real", dataset, 0) for dataset in CLASSES)]]
    files = {}
    for given in [*everything, *changed]:
        name = f"{given['model']}/{given['dataset']}/seed{given['seed']}"
        files[name] = tmp_path / f"{name.replace('/', '-')}.json"
        files[name].write_text(json.dumps(given))
    settings = {
        "scale": "quick",
        "titles": TITLES,
        "report": table,
        "models": MODELS[table],
        "datasets": ["faces", "sprites"],
    }
    settings |= {"shown": [f"{model}/{dataset}/seed{seed}" for model, dataset, seed in runs], "options": {}}
    render_table(table, list(files.values()), PUBLISHED, tmp_path / "out" / f"{table}.csv", settings)
    return {path.suffix: path.read_text() for path in (tmp_path / "out").iterdir()}


def cell(texts: dict[str, str], row: str, dataset: str, protocol: str, metric: str) -> dict:
    wanted = (row, dataset, protocol, metric)
    lines = csv.DictReader(io.StringIO(texts[".csv"]))
    found = [x for x in lines if (x["row"], x["dataset"], x["protocol"], x["metric"]) == wanted]
    assert len(found) == 1, wanted
    return found[0]


def failing(model: str, dataset: str, seed: int) -> dict:
    return record(model, dataset, seed) | {"status": "failed (NaN at step 9)", "metrics": []}


def test_every_printed_row_is_reproduced_by_a_model():
    published = read_published(PUBLISHED)
    for table, rows in published.groupby(["paper", "table"]).row:
        assert set(rows) == set(PRINTED_ROWS[table].values()), table
    assert {model for models in PRINTED_ROWS.values() for model in models} <= set(TITLES["models"])


@pytest.mark.parametrize("table", MODELS)
def test_tables_are_readable_everywhere(table, tmp_path):
    texts = rendered(table, tmp_path)
    assert texts[".tex"].isascii() and "| nan" not in texts[".md"] and "{" not in texts[".md"]
    assert "<tr class=reference>" in texts[".html"]


def test_table1_is_the_papers_with_deviations_and_the_bar(tmp_path):
    texts = rendered("table1", tmp_path)
    ours = cell(texts, "HALO (conditional)", "sprites (drawn)", "predict", "mse")
    assert (ours["mean"], ours["std"], ours["seeds"], ours["published"]) == ("0.0012", "0.0002", "3", "0.0005")
    assert ours["note"] == "published numbers on Sprites"
    assert cell(texts, "skew-HALO", "faces (drawn)", "predict", "ssim_std")["published"] == "0.003"
    bar = cell(texts, "first frame copied", "faces (drawn)", "copy", "mse")
    assert (bar["mean"], bar["seeds"], bar["published"]) == ("0.02", "", "")
    assert "| 0.0012 ± 0.0002 (3) | *0.0005 ± 0.0002* |" in texts[".md"]
    assert "| 33.88 ± 2.03" not in texts[".md"] and "*33.88 ± 2.03*" in texts[".md"]
    assert "| first frame copied | 0.700 |" in texts[".md"]
    assert "real data" not in texts[".md"].split("- Content")[0]


def test_table1_shows_failed_seeds(tmp_path):
    broken = [failing("halo-skew", "faces-drawn", seed) for seed in (0, 1, 2)]
    texts = rendered("table1", tmp_path, *broken, failing("halo", "faces-drawn", 2))
    assert cell(texts, "skew-HALO", "faces (drawn)", "predict", "ssim")["status"] == "failed"
    assert cell(texts, "HALO (conditional)", "faces (drawn)", "predict", "ssim")["status"] == "2 of 3"
    assert "| failed |" in texts[".md"]


def tick(texts, row: str, name: str, dataset: str = "faces (drawn)") -> tuple[str, str]:
    found = cell(texts, row, dataset, "tick", name)
    return found["mean"], found["published"]


def test_table3_ticks_follow_from_what_was_measured(tmp_path):
    texts = rendered("table3", tmp_path)
    names = ("image_to_sequence", "motion_swap", "structure")
    assert [tick(texts, "HALO (conditional)", name) for name in names] == [("1", "1")] * 3
    assert [tick(texts, "Linear", name) for name in names] == [("0", "0"), ("1", "1"), ("0", "0")]
    assert [tick(texts, "Positional Encoding", name) for name in names] == [("0", "0"), ("1", "0"), ("0", "0")]
    note = cell(texts, "HALO (conditional)", "faces (drawn)", "tick", "image_to_sequence")["note"]
    assert note == (
        "predict mse_over_copy: worst seed 0.5, bar 1; image-to-sequence action_accuracy: worst seed 0.95, bar 0.583"
    )
    odd = cell(texts, "Positional Encoding", "faces (drawn)", "tick", "structure")["note"]
    assert odd == "a state of odd length has no symplectic form"
    assert cell(texts, "bar for a tick", "faces (drawn)", "motion-swap", "identity_accuracy")["mean"] == "0.509615"
    assert "| ✓ (2) | *✓* |" in texts[".md"] and "| × (2) | *×* |" in texts[".md"]
    assert r"$\checkmark$" in texts[".tex"] and r"$\times$" in texts[".tex"]


@pytest.mark.parametrize(
    "name, broken",
    [
        ("image_to_sequence", {"mse_over_copy": 1.001}),
        ("image_to_sequence", {"action_accuracy": 0.5}),
        ("motion_swap", {"identity_accuracy": 0.5}),
        ("motion_swap", {"action_accuracy": 0.5}),
        ("structure", {"symplectic_error": 1.1e-4}),
    ],
)
def test_one_bad_seed_removes_the_tick(name, broken, tmp_path):
    texts = rendered("table3", tmp_path, record("halo", "faces-drawn", 1, **broken))
    assert tick(texts, "HALO (conditional)", name) == ("0", "1")
    assert tick(texts, "HALO (conditional)", name, "sprites (drawn)") == ("1", "1")


def test_table3_shows_what_failed(tmp_path):
    failures = [failing("halo-rnn", "faces-drawn", seed) for seed in (0, 1)]
    texts = rendered("table3", tmp_path, *failures, failing("halo", "faces-drawn", 0))
    assert cell(texts, "RNN", "faces (drawn)", "tick", "motion_swap")["status"] == "failed"
    assert "✓ (1 of 2)" in texts[".md"] and "| failed |" in texts[".md"]


def test_table_s1_has_the_papers_halves_and_more(tmp_path):
    texts = rendered("table_s1", tmp_path)
    assert cell(texts, "RNN", "faces (drawn)", "motion-prior", "action_accuracy")["published"] == "0.580"
    apart = cell(texts, "RNN (unconditional)", "faces (drawn)", "content-prior", "action_accuracy")
    assert (apart["published"], apart["mean"]) == ("0.550", "0.4")
    assert cell(texts, "Linear", "faces (drawn)", "motion-swap", "identity_accuracy")["published"] == "0.996"
    assert cell(texts, "Positional Encoding", "faces (drawn)", "motion-prior", "action_is")["published"] == "1.188"
    assert cell(texts, "HALO (conditional)", "sprites (drawn)", "motion-prior", "action_is")["published"] == ""
    leak = cell(texts, "Linear", "faces (drawn)", "leakage", "action_from_content")
    guess = cell(texts, "chance", "faces (drawn)", "leakage", "action_from_content")
    assert (leak["mean"], guess["mean"]) == ("0.97", "0.166667")
    drift = cell(texts, "HALO (unconditional)", "sprites (drawn)", "energy", "energy_drift")
    assert drift["mean"] == "4e-07" and "| 4.0e-07 (1) |" in texts[".md"]
    assert cell(texts, "DSVAE", "sprites (drawn)", "predict", "horizon")["mean"] == "12"
    assert "| first frame copied | 0.700 |" in texts[".md"]


def test_a_weak_judge_marks_only_what_it_judged(tmp_path):
    weak = record("halo", "faces-drawn", 0)
    weak["judges"]["action"] |= {"test_accuracy": 0.8, "weak": True}
    texts = rendered("table_s1", tmp_path, weak)
    assert "weak judge" in cell(texts, "HALO (conditional)", "faces (drawn)", "motion-prior", "action_is")["note"]
    assert not cell(texts, "HALO (conditional)", "faces (drawn)", "leakage", "action_from_content")["note"]
