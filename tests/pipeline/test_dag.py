"""Snakemake and DVC agree: what one has done the other need not do, and a change reruns what depends on it, no more."""

import json
import subprocess
import sys

import pytest
from support.project import ROOT, Project
from support.small_catalogue import MODEL, RECORD, RERUN

from latentmotion.config.params import load
from latentmotion.pipeline.dvc import stages


def run_by_dvc(project: Project, *stages: str) -> set[str]:
    """The stages that `dvc repro` runs."""
    lines = project.run("dvc", "repro", *stages).splitlines()
    return {line.split("'")[1] for line in lines if line.startswith("Running stage")}


def test_everything_is_made_and_both_tools_rest(finished):
    assert (finished.path / "reports/table2.csv").is_file()
    assert (finished.path / "reports/index.html").is_file()
    assert finished.planned() == {}
    assert finished.out_of_date() == set()
    assert run_by_dvc(finished) == set()
    assert finished.planned() == {}


def test_stages_are_expanded_as_dvc_expands_them(finished, monkeypatch):
    monkeypatch.chdir(finished.path)
    assert set(stages(load())) == set(finished.run("dvc", "stage", "list", "--name-only").split())


def test_after_dvc_repro_snakemake_rests(duplicate):
    duplicate.edit("params.yaml", "pairs: 4", "pairs: 3")
    assert run_by_dvc(duplicate) == {"fingerprints", "figure@figure_motion_swap", "site"}
    assert duplicate.planned() == {}
    assert duplicate.out_of_date() == set()


def test_a_table_needs_no_other_stage_of_dvc(duplicate):
    duplicate.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    assert run_by_dvc(duplicate, "table@table2") == {"fingerprints", "table@table2"}
    assert duplicate.planned("table2") == {}


def test_a_hyper_parameter_reruns_its_model(duplicate):
    duplicate.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    assert duplicate.planned() == RERUN
    assert duplicate.out_of_date() == {f"train@{MODEL}", f"evaluate@{MODEL}", "table@table2", "site"}


def test_claims_are_judged_by_the_records_that_exist(duplicate):
    assert (duplicate.path / "reports/claims.csv").is_file()
    duplicate.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    (duplicate.path / RECORD).unlink()
    assert duplicate.planned("claims") == {"claims": 1}  # neither the training nor the record
    assert duplicate.planned("claims", "hgan_table1") == {"claims": 1}
    duplicate.run("snakemake", "claims")
    assert duplicate.planned("reports/claims.csv") == {}
    made_from = json.loads((duplicate.path / "reports/claims.json").read_text())["made_from"]
    assert RECORD not in made_from and len(made_from) > 5
    assert duplicate.planned() == RERUN


def test_comments_and_docstrings_rerun_nothing_and_code_reruns_its_jobs(duplicate):
    path = duplicate.path / f"src/latentmotion/models/{MODEL}.py"
    text = path.read_text()
    assert text.startswith('"""')
    path.write_text("# A comment.\n" + text.replace('"""', '"""Better said: ', 1).replace("\n\n\n", "\n\n\n\n"))
    assert duplicate.planned() == {}
    assert duplicate.out_of_date() == set()
    path.write_text(text + "\nANSWER = 42\n")
    assert duplicate.planned() == RERUN
    assert duplicate.out_of_date() == {f"train@{MODEL}", f"evaluate@{MODEL}", "table@table2", "site"}
    path.write_text(text)
    assert duplicate.planned() == {}


def test_a_data_setting_reruns_what_comes_from_its_data(duplicate):
    duplicate.edit("config/tiny.yaml", "sequences: 40\n      test: 12", "sequences: 44\n      test: 12")  # of balls
    rerun = duplicate.planned()
    assert (rerun["prepare"], rerun["judge"], rerun["train"], rerun["evaluate"], rerun["figure"]) == (1, 1, 1, 2, 1)
    assert "table" not in rerun and "video_judge" not in rerun
    changed = duplicate.out_of_date()
    assert changed == {"prepare", "judge", "train@halo", "evaluate@halo", "evaluate_real", *dependent(changed)}
    assert "train@dsvae" not in changed and "table@hgan_table1" not in changed


def dependent(changed: set[str]) -> set[str]:
    return {name for name in changed if name.startswith(("table@table2", "figure@", "site"))}


def test_dvc_compares_experiments(duplicate):
    duplicate.run("dvc", "exp", "run", "-S", f"+models.{MODEL}.training.lr=0.01", f"evaluate@{MODEL}")
    assert json.loads((duplicate.path / RECORD).read_text())["training"]["settings"]["training"]["lr"] == 0.01
    assert duplicate.planned(f"evaluate_{MODEL}") == {}
    assert not duplicate.out_of_date() & {f"train@{MODEL}", f"evaluate@{MODEL}"}
    shown = duplicate.run("dvc", "exp", "show", "--only-changed", "--csv")
    assert f"models.{MODEL}.training.lr" in shown and "predict.mse" in shown


def test_dvc_shows_scores_curves_and_figures(finished):
    scores = json.loads(finished.run("dvc", "metrics", "show", "--json"))[""]["data"]
    shown = scores[f"results/tiny/{MODEL}.json"]["data"]["faces-drawn"]
    assert shown["motion-swap"]["action_accuracy"] >= 0
    plots = finished.run("dvc", "plots", "show", "--json", "-o", "/dev/null")
    assert "figure_motion_swap.png" in plots and f"results/tiny/{MODEL}.csv" in plots
    curves = (finished.path / f"results/tiny/{MODEL}.csv").read_text().splitlines()
    assert curves[0] == "run,step,loss" and curves[-1].startswith('"faces-drawn, seed 0",8,')


def test_lint_and_report(finished, tmp_path):
    finished.run("snakemake", "--lint")
    finished.run("snakemake", "--report", str(tmp_path / "report.html"))
    assert "figure_motion_swap" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("command", [("snakemake", "-n", "tabel2"), ("latentmotion", "table", "tabel2")])
def test_a_wrong_target_is_one_line_with_the_nearest_name(finished, command):
    lines = finished.fails(*command).strip().splitlines()
    assert lines[-1].endswith("did you mean 'table2'?") and "tabel2" in lines[-1]
    assert not any("Exception" in line or "Traceback" in line for line in lines)


def test_an_unknown_key_is_one_line(duplicate):
    duplicate.edit("params.yaml", "system: dsvae", "sytem: dsvae")
    lines = duplicate.fails("snakemake", "-n").strip().splitlines()
    assert "unknown key 'models.dsvae.sytem'; did you mean 'system'?" in lines[-1]
    assert not any("Traceback" in line for line in lines)


def test_code_that_cannot_be_read_is_one_line(duplicate):
    path = duplicate.path / f"src/latentmotion/models/{MODEL}.py"
    path.write_text(path.read_text() + "\nx = = 1\n")
    lines = duplicate.fails("snakemake", "-n").strip().splitlines()
    assert lines[-1].endswith("not valid Python (invalid syntax); correct it") and f"{MODEL}.py: line" in lines[-1]


def test_a_folder_of_the_earlier_layout_is_refused_and_kept(duplicate):
    (duplicate.path / "state/plan/results").mkdir(parents=True)
    lines = duplicate.fails("snakemake", "table2").strip().splitlines()
    assert lines[-1].startswith("state/plan: runs, judges and checkpoints here are of the earlier layout")
    assert (duplicate.path / "state/plan/results").is_dir()
    assert (duplicate.path / f"runs/tiny/{MODEL}/faces-drawn/seed0/weights.safetensors").is_file()


def test_planning_loads_nothing_heavy():
    code = (
        "import sys; from latentmotion.config import catalogue, paths, params;"
        "from latentmotion.pipeline import adoption, cost_summary, fingerprints, targets;"
        "from latentmotion.pipeline import earlier_layout, gpu_lock, slurm, workdir_lock;"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "pandas", "mlflow"} & set(loaded)


def test_dvc_yaml_fits_on_three_screens():
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) <= 150
