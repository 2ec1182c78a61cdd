"""Reports on Hamiltonian flows: the table of figure 2A, learning curves and densities."""

import json
import shutil

import pytest
from PIL import Image
from scipy.stats import ttest_rel, wilcoxon
from support.flows import NARROW, settings
from support.titles import TITLES

from latentmotion.core.errors import UserError
from latentmotion.data.datasets import ring
from latentmotion.data.points import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import write
from latentmotion.reporting.render_figure import render_figure
from latentmotion.reporting.report_files import report
from latentmotion.reporting.tables import ehf_figure2a
from latentmotion.training.train import CheckpointPlan, TrainingJob
from latentmotion.training.train import train as train_run

COMPUTE = {"threads": 1, "precision": "float32", "compile": False, "channels_last": False}


def record(model: str, seed: int, kappa: float | None, log_p: float) -> dict:
    values = {"log_p": log_p, "elbo": log_p - 0.2, "target": -2.7, "train_log_p": -2.5, "train_elbo": -2.8}
    values |= {"train_target": -2.6 - 0.1 * seed, "gaussian": -3.5, "train_gaussian": -3.4}
    metrics = [{"protocol": "likelihood", "metric": name, "value": value, "n": 9} for name, value in values.items()]
    network = {"points": 64} | ({} if kappa is None else {"kappa": kappa})
    common = {"model": model, "dataset": "ring_finite", "seed": seed, "source": "real", "status": "ok", "learnt": True}
    return common | {"metrics": metrics, "training": {"settings": {"network": network}}}


def test_table12_pairs_seeds_and_tests_the_gain():
    without, gains = [-3.1, -3.3, -3.0], [0.2, 0.3, 0.1]
    given = [a + b for a, b in zip(without, gains, strict=True)]
    records = [
        {
            "model": "real",
            "dataset": "ring_finite",
            "seed": 0,
            "source": "real",
            "status": "ok",
            "learnt": True,
            "metrics": [],
        }
    ]
    records += [record("flow-finite", seed, None, value) for seed, value in enumerate(without)]
    records += [record("flow-finite-kappa-1e-2", seed, 0.01, given[seed]) for seed in (2, 0, 1)]
    models = ["flow-finite", "flow-finite-kappa-1e-2"]
    long = ehf_figure2a.rows(records, None, {"scale": "quick", "titles": TITLES, "models": models})
    cells = {(line.row, line.protocol, line.metric): line for line in long.itertuples()}
    free, constrained, *_ = dict.fromkeys(long.row)
    gain = cells[constrained, "gain", "log_p"]
    assert (gain.mean, gain.std, gain.seeds) == (pytest.approx(0.2), pytest.approx(0.1), 3)
    assert cells[constrained, "gain", "log_p_t"].mean == pytest.approx(ttest_rel(given, without).pvalue)
    assert cells[constrained, "gain", "log_p_wilcoxon"].mean == pytest.approx(wilcoxon(given, without).pvalue)
    assert (free, "gain", "log_p") not in cells and (constrained, "gain", "training_elbo") not in cells
    assert cells[ehf_figure2a.TARGET, "likelihood", "train_log_p"].mean == pytest.approx(-2.7)
    assert cells[ehf_figure2a.GAUSSIAN, "likelihood", "log_p"].mean == pytest.approx(-3.5)
    assert list(ehf_figure2a.view(long)) == ["ring finite", "ring finite, bound"]
    assert any("64 points" in note for note in ehf_figure2a.notes(records, None, {}))


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> list:
    """Two seeds with the constraint and one without, each of 8 of 40 points."""
    place = tmp_path_factory.mktemp("flows")
    write(prepare("ring_finite", ring.DENSITY, settings()), place / "ring_finite", settings())
    made = []
    for model, seed, kappa in (("flow", 0, None), ("flow-kappa", 0, 0.1), ("flow-kappa", 1, 0.1)):
        chosen = {"system": "hamiltonian_flow", "training": {"steps": 6, "batch": 40, "lr": 1e-3}, "compute": COMPUTE}
        chosen["network"] = NARROW | {"points": 8, "kappa": kappa}
        made.append(place / "runs" / model / "ring_finite" / f"seed{seed}")
        job = TrainingJob(model, PreparedDataset.open(place / "ring_finite"), seed, chosen)
        train_run(job, made[-1], CheckpointPlan(place / "state" / made[-1].name, 60), "cpu")
    return made


@pytest.mark.parametrize("name", ["learning_curves", "density"])
def test_figures_of_flows_are_drawn_and_the_same_again(name, runs, tmp_path, monkeypatch):
    monkeypatch.setattr(report("figures", name), "FRAMES", 4)
    shown = ["/".join(run.parts[-3:]) for run in runs]
    asked = {
        "scale": "tiny",
        "shown": shown,
        "report": name,
        "models": ["flow", "flow-kappa"],
        "options": {},
        "titles": TITLES,
    }
    for folder in ("a", "b"):
        render_figure(name, runs, tmp_path / folder / name, asked | {"datasets": ["ring_finite"]}, "cpu")
    for suffix in ("png", "gif"):
        first, second = ((tmp_path / folder / f"{name}.{suffix}").read_bytes() for folder in "ab")
        assert first == second
        with Image.open(tmp_path / "a" / f"{name}.{suffix}") as picture:
            assert min(picture.size) > 300 and getattr(picture, "n_frames", 1) > (2 if suffix == "gif" else 0)


def test_learning_curves_say_what_they_lack(runs, tmp_path):
    broken = tmp_path / "flow" / "ring_finite" / "seed0"
    shutil.copytree(runs[0], broken)
    (broken / "history.jsonl").write_text(json.dumps({"step": 1, "total": 2.0}) + "\n")
    asked = {"scale": "tiny", "shown": ["flow/ring_finite/seed0"], "report": "learning_curves", "titles": TITLES}
    with pytest.raises(UserError, match=r"history\.jsonl: no 'elbo' in it"):
        render_figure("x", [broken], tmp_path / "x", asked | {"models": ["flow"], "datasets": ["ring_finite"]}, "cpu")
