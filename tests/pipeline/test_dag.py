"""Snakemake and DVC agree: what one has done the other need not do, and a change costs what it touches."""

import json
import subprocess
import sys

from support.project import ROOT

MODEL = "s3vae"
RERUN = {"train": 2, "evaluate": 2, "table": 1, "site": 1, "all": 1}  # two datasets, one seed


def dvc_changed(project) -> set[str]:
    return set(json.loads(project.run("dvc", "status", "--json").splitlines()[-1]))


def test_everything_is_made_and_both_tools_rest(finished):
    assert (finished.path / "reports/table2.csv").is_file()
    assert (finished.path / "reports/index.html").is_file()
    assert finished.planned() == {}
    assert dvc_changed(finished) == set()
    output = finished.run("dvc", "repro")
    assert "Running stage" not in output
    assert finished.planned() == {}


def test_after_dvc_repro_snakemake_rests(duplicate):
    duplicate.edit("params.yaml", "pairs: 4", "pairs: 3")
    output = duplicate.run("dvc", "repro")
    assert "rule train:" not in output
    assert "rule figure:" in output
    assert duplicate.planned() == {}
    assert dvc_changed(duplicate) == set()


def test_a_hyper_parameter_reruns_its_model(duplicate):
    duplicate.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    assert duplicate.planned() == RERUN
    assert dvc_changed(duplicate) == {f"train-{MODEL}"}


def test_a_model_file_reruns_its_model(duplicate):
    path = duplicate.path / f"src/latentmotion/models/{MODEL}.py"
    path.touch()
    assert duplicate.planned() == {}
    path.write_text(path.read_text() + "\nANSWER = 42\n")
    assert duplicate.planned() == RERUN
    assert dvc_changed(duplicate) == {f"train-{MODEL}", f"evaluate-{MODEL}"}


def test_clone_and_pull(finished, duplicate, tmp_path):
    duplicate.run("dvc", "remote", "add", "-d", "local", str(tmp_path / "remote"))
    duplicate.run("dvc", "push")
    duplicate.commit()
    clone = type(finished)(tmp_path / "clone")
    duplicate.run("git", "clone", "-q", ".", str(clone.path))
    clone.run("make", "-o", ".venv/.ok", "pull")
    assert clone.planned() == {}
    assert dvc_changed(clone) == set()
    assert clone.run("git", "status", "--short") == ""
    clone.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    assert clone.planned() == RERUN


def test_a_clone_uses_the_records_it_came_with(finished, tmp_path):
    """Neither a table that is there nor a record that is there decides by the luck of checkout times."""
    clone = type(finished)(tmp_path / "clone")
    finished.run("git", "clone", "-q", ".", str(clone.path))
    assert clone.planned("reports/table2.csv") == {"table": 1}
    (clone.path / f"results/tiny/{MODEL}/faces-drawn/seed0.json").unlink()
    missing = {"prepare": 1, "judge": 2, "train": 1, "evaluate": 1, "table": 1}
    assert clone.planned("reports/table2.csv") == missing
    path = clone.path / "src/latentmotion/models/mocogan.py"
    path.write_text(path.read_text() + "\nANSWER = 42\n")
    assert clone.planned("reports/table2.csv")["train"] == 3


def test_a_clone_trains_what_other_parameters_ask(finished, tmp_path):
    clone = type(finished)(tmp_path / "clone")
    finished.run("git", "clone", "-q", ".", str(clone.path))
    clone.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    assert clone.planned("reports/table2.csv")["train"] == 2
    assert clone.planned("reports/table2.csv", "--config", "seeds=[7]")["train"] == 9  # no table asks for seed 7


def test_another_scale_renders_the_table_again(finished):
    assert finished.planned("reports/table2.csv", "--config", "scale=quick")["train"] == 9
    assert finished.planned("reports/table2.csv") == {}


def test_dvc_experiment(duplicate):
    duplicate.run("dvc", "exp", "run", "-S", "+models.mocogan.training.lr=0.01", "evaluate-mocogan")
    record = duplicate.path / "results/tiny/mocogan/faces-drawn/seed0.json"
    assert json.loads(record.read_text())["training"]["settings"]["training"]["lr"] == 0.01
    assert duplicate.planned("evaluate_mocogan") == {}
    assert not dvc_changed(duplicate) & {"train-mocogan", "evaluate-mocogan"}


def test_lint_and_report(finished, tmp_path):
    finished.run("snakemake", "--lint")
    finished.run("snakemake", "--report", str(tmp_path / "report.html"))
    assert "figure_motion_swap" in (tmp_path / "report.html").read_text()


def test_dvcyaml_is_in_step(duplicate):
    duplicate.run("latentmotion", "dvcyaml", "--check")
    duplicate.edit("params.yaml", "  sprites:\n    - halo\n", "  sprites:\n")
    output = duplicate.fails("latentmotion", "dvcyaml", "--check")
    assert output.startswith("latentmotion dvcyaml: dvc.yaml: not in step") and output.count("\n") == 1


def test_the_committed_dvcyaml_is_in_step():
    subprocess.run([sys.executable, "-m", "latentmotion.cli", "dvcyaml", "--check"], check=True, cwd=ROOT)


def test_unknown_key_is_one_line(duplicate):
    duplicate.edit("params.yaml", "system: dsvae", "sytem: dsvae")
    lines = duplicate.fails("snakemake", "-n").strip().splitlines()
    assert "unknown key 'models.dsvae.sytem'; did you mean 'system'?" in lines[-1]
    assert not any("Traceback" in line for line in lines)


def test_planning_loads_nothing_heavy():
    code = "import sys; from latentmotion import catalogue, closure, fetch, params, plan; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "pandas", "mlflow"} & set(loaded)
