"""Cost estimates count measurements of the same work on the same kind of device, and no others."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from support.project import ROOT

from latentmotion.config import catalogue, params, paths
from latentmotion.config.settings import evaluation_settings, judge_settings, training_settings
from latentmotion.core.processor import processor
from latentmotion.pipeline import cost_summary
from latentmotion.pipeline.cost_estimates import Estimates, Spent
from latentmotion.pipeline.similar_work import similar
from latentmotion.training import resource_usage

P = params.load(ROOT / "params.yaml", overrides={"scale": "tiny"})
RUN = catalogue.Run("dsvae", "faces-drawn", 0)
GPU = "NVIDIA H200"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    return tmp_path


def training(seconds=7200.0, steps=8, device=processor(), **cost_fields) -> dict:
    settings = json.loads(json.dumps(training_settings(P, RUN.model, RUN.dataset)))
    settings["training"]["steps"] = steps
    content = {"verb": "train", "settings": settings, "seconds": seconds, "machine": {"device": device, "threads": 1}}
    return content | {"cost": {"processes": 1, "gpus": int(device == GPU)} | cost_fields}


def write(path: str, content: dict) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def written(content: dict, seed: int = 0) -> None:
    write(f"runs/tiny/dsvae/faces-drawn/seed{seed}/record.json", content)


def job(rule="train", gpu=0, **wildcards) -> SimpleNamespace:
    names = {"model": RUN.model, "dataset": RUN.dataset, "seed": "0"} | wildcards
    return SimpleNamespace(rule=SimpleNamespace(name=rule), wildcards=SimpleNamespace(**names), resources={"gpu": gpu})


def estimate(gpu=0) -> Spent | None:
    return Estimates(P).of(job(gpu=gpu))


def test_another_seed_and_other_steps_are_the_same_work(folder):
    assert estimate() is None
    written(training(seconds=100.0, steps=4), seed=5)
    assert estimate() == Spent(200.0, 1, False, processor())


def test_a_record_of_an_evaluation_holds_its_training(folder):
    write(paths.record(P, RUN), {"training": training(seconds=36.0)})
    assert estimate().hours == pytest.approx(0.01)


def test_other_settings_are_other_work(folder):
    content = training()
    content["settings"]["network"]["width"] += 1
    written(content)
    assert estimate() is None


def test_cpu_and_gpu_hours_are_never_mixed(folder):
    written(training(device=GPU, gpus=1))
    assert estimate() is None
    assert estimate(gpu=1) == Spent(7200.0, 1, True, GPU)
    assert estimate(gpu=2) is None
    written(training(seconds=9.0), seed=1)
    assert (estimate().device, estimate(gpu=1).device) == (processor(), GPU)


def test_a_record_of_this_kind_of_processor_is_preferred(folder):
    """The newest record of another kind counts where there is none of this kind, and the summary says so."""
    written(training(seconds=10.0))
    written(training(seconds=99.0, device="pdp11 with EIS"), seed=1)
    os.utime("runs/tiny/dsvae/faces-drawn/seed0/record.json", (0, 0))
    assert estimate() == Spent(10.0, 1, False, processor())
    assert len(cost_summary.summary([job()], P)) == 3
    Path("runs/tiny/dsvae/faces-drawn/seed0/record.json").unlink()
    assert estimate().seconds == 99.0
    *_, said = cost_summary.summary([job()], P)
    assert said.startswith(f"  This processor is {processor()}.")


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"settings": 3, "seconds": 1, "machine": {}}'])
def test_what_cannot_be_read_is_no_measurement(folder, damage):
    written(training())
    Path("runs/tiny/dsvae/faces-drawn/seed0/record.json").write_text(damage)
    assert estimate() is None


def test_evaluations_and_judges_are_measured_too(folder):
    settings = evaluation_settings(P, RUN.dataset, 3)
    measured = {"settings": settings, "seconds": 3600.0, "machine": training()["machine"], "cost": training()["cost"]}
    write(paths.record(P, catalogue.Run(RUN.model, RUN.dataset, 3)), measured | {"training": training()})
    judged = measured | {"settings": judge_settings(P, RUN.dataset), "seconds": 1800.0}
    write(paths.judge_files(P, RUN.dataset)[1], judged)
    label = catalogue.judged_labels(P, RUN.dataset)[0]
    lines = cost_summary.summary([job("evaluate"), job("judge", label=label)], P)
    assert f"evaluate           1 job   1 core hours, measured on {processor()}" in lines[1]
    assert f"judge              1 job   0.5 core hours, measured on {processor()}" in lines[2]


def test_summary_counts_what_is_unknown_and_adds_up_the_rest(folder):
    written(training())
    jobs = [job(seed="1"), job(seed="2"), job(model="halo"), job("video_judge"), job("table"), job("site")]
    assert cost_summary.summary(jobs, P) == [
        "What is left to do at scale tiny, by records of earlier runs:",
        f"  train             2 jobs   4 core hours, measured on {processor()}",
        "  train              1 job   unknown",
        "  video_judge        1 job   unknown",
        "  others            2 jobs   not counted: data, tables, figures, pages",
        "  In all: 4 core hours, and 2 jobs of unknown cost",
    ]
    assert cost_summary.summary([job("table")], P) == []


def test_work_that_was_never_measured_is_judged_from_similar_work(folder):
    """The same system at the same scale, in proportion to batches, their size and pixels; the line names the run."""
    before = training(seconds=100.0) | {"shape": {"frames": 16, "channels": 3, "size": 16}}
    before["settings"]["training"] |= {"steps": 4, "batch": 4}
    write("results/tiny/dsvae/moving_mnist-drawn/seed0.json", {"training": before})
    assert estimate() is None
    found = similar(P, job())
    assert (found.run, found.spent.seconds) == ("dsvae/moving_mnist-drawn", 100.0 * 2 * 2 / 2)
    assert f"judged from dsvae/moving_mnist-drawn on {processor()}" in cost_summary.summary([job()], P)[1]
    assert similar(P, job(gpu=1)) is None
    assert similar(P, job(model="s3vae")) is None
    same_data = before | {"shape": {"frames": 8, "channels": 3, "size": 16}}
    write("results/tiny/dsvae-weak/faces-drawn/seed0.json", {"training": same_data})
    assert similar(P, job()).run == "dsvae-weak/faces-drawn"  # the same data set counts more than the same model
    elsewhere = same_data | {"seconds": 7.0, "machine": {"device": "pdp11 with EIS", "threads": 1}}
    write("results/tiny/dsvae-weak/faces-drawn/seed1.json", {"training": elsewhere})
    assert similar(P, job()).spent.device == processor()


def test_an_error_in_the_summary_does_not_stop_the_workflow(capsys):
    cost_summary.say(SimpleNamespace(dag=3, output_settings=SimpleNamespace(quiet=None)), P)
    assert capsys.readouterr().err.startswith("The cost of these jobs cannot be estimated")


def test_reports_add_up_their_runs(folder):
    """An older record has no `cost`, and its machine is a CPU by its name."""
    evaluation = {"seconds": 3600.0, "machine": {"device": "x86_64", "threads": 2}, "training": training(device=GPU)}
    table = next(name for name, report in P.tables.items() if RUN in catalogue.report_runs(P, report))
    write(paths.record(P, RUN), evaluation)
    (line,) = [line for line in cost_summary.by_report(P) if line.startswith(f"{table} ")]
    assert "   1 of " in line and line.endswith(f"2 core hours on x86_64, 2 GPU hours on {GPU}")


def test_a_dry_run_ends_with_the_summary():
    command = [sys.executable, "-m", "snakemake", "-n", "--config", "scale=tiny", "--"]
    target = "runs/tiny/dsvae/faces-drawn/seed97/record.json"
    done = subprocess.run([*command, target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    first = lines.index("What is left to do at scale tiny, by records of earlier runs:")
    assert lines[first + 1].startswith("  train              1 job   ")
    assert lines[-1].startswith("  In all: ")


def test_the_cost_of_a_job_is_measured(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    took = resource_usage.used(1800.04, torch.device("cpu"), 900)
    assert took["seconds"] == 1800.0 and took["machine"]["threads"] == 3
    assert took["cost"].pop("memory_mb") > 50
    expected = {"processes": 2, "gpus": 0, "gpu_hours": 0, "core_hours": 3.000067, "sequences_per_second": 0.5}
    assert took["cost"] == expected
    assert "sequences_per_second" not in resource_usage.used(1.0, torch.device("cpu"))["cost"]


def test_cost_estimates_load_no_heavy_package():
    code = "import sys; from latentmotion.pipeline import cost_estimates, cost_summary; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "pandas", "mlflow"} & set(loaded)
