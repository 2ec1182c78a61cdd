"""The commands that people type: `list`, `train MODEL DATASET` and `show`."""

import json

import numpy as np
import pytest
import yaml
from PIL import Image
from support.prepared_data import prepared_once
from support.project import ROOT
from support.untrained_runs import write_run
from typer.testing import CliRunner

import latentmotion
from latentmotion.cli import app
from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset
from latentmotion.pipeline import one_run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the catalogue and without anything that was made."""
    for name in ("config", "params.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sources.csv").symlink_to(ROOT / "data/sources.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*words: str) -> list[str]:
    """The lines that a command prints. It must succeed."""
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def refused(*words: str) -> str:
    """The one line that a command fails with."""
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    return line


def evaluated(folder, run, **verdict) -> None:
    """Writes an evaluation record of the weights of a run."""
    training = json.loads((run / "record.json").read_text())
    scores = {"protocol": "predict", "metric": "ssim", "value": 0.25}, {"protocol": "energy", "metric": "x", "value": 1}
    record = {"training": training, "metrics": list(scores), "split": "test"} | verdict
    path = folder / "results/tiny/dsvae/sprites-drawn/seed0.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))


def test_export_writes_a_folder_that_can_be_opened(folder, tmp_path_factory):
    data = PreparedDataset.open(prepared_once(tmp_path_factory, "sprites", "drawn"))
    run = write_run(folder, "dsvae", data, "sprites-drawn")
    (line,) = called("export", "dsvae", "sprites", "--scale", "tiny")
    assert line.endswith("open it with latentmotion.load('exports/dsvae-sprites-drawn-tiny-seed0')")
    made = folder / "exports/dsvae-sprites-drawn-tiny-seed0"
    assert {file.name for file in made.iterdir()} == {"README.md", "config.json", "model.safetensors", "training.json"}
    config = json.loads((made / "config.json").read_text())
    assert (config["system"], config["actions"][0], config["shape"]["size"]) == ("dsvae", "walk front", 16)
    card = (made / "README.md").read_text()
    assert "It is not known: these weights were not evaluated." in card and "model-index" not in card
    assert "no licence is on record" in card and "# DSVAE on sprites (drawn)" in card
    run.rename(folder / "gone")
    model = latentmotion.load(made, device="cpu")
    assert model.sample(1, length=4, action=0).shape == (1, 4, 3, 16, 16)
    weights = made / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="export it again"):
        latentmotion.load(made, device="cpu")


@pytest.mark.parametrize(
    ("verdict", "text", "compared"),
    [
        ({"learnt": True}, "Yes: on validation sequences", True),
        ({"learnt": False, "learnt_why": "The run shows noise."}, "No. The run shows noise.", False),
        ({}, "It is not known.", True),
    ],
)
def test_the_card_states_scores_and_whether_the_model_has_learnt(folder, tmp_path_factory, verdict, text, compared):
    data = PreparedDataset.open(prepared_once(tmp_path_factory, "sprites", "drawn"))
    run = write_run(folder, "dsvae", data, "sprites-drawn")
    evaluated(folder, run, **verdict)
    called("export", "dsvae/sprites", "--scale", "tiny", "--out", "out")
    card = (folder / "out/README.md").read_text()
    assert text in card and "| predict | ssim | 0.25 |" in card and "energy" not in card
    found = yaml.safe_load(card.split("---")[1])
    assert ("model-index" in found) == compared and found["library_name"] == "latentmotion"
    assert "out: is there already" in refused("export", "dsvae", "sprites", "--scale", "tiny", "--out", "out")


def test_scores_of_other_weights_are_not_exported(folder, tmp_path_factory):
    data = PreparedDataset.open(prepared_once(tmp_path_factory, "sprites", "drawn"))
    run = write_run(folder, "dsvae", data, "sprites-drawn")
    evaluated(folder, run, training={"weights": "others"})
    called("export", "dsvae", "sprites", "--scale", "tiny", "--out", "out")
    assert not (folder / "out/evaluation.json").exists() and "There are none." in (folder / "out/README.md").read_text()


def row(lines: list[str], name: str) -> str:
    (found,) = [line for line in lines if line.split()[:1] == [name]]
    return found


def test_list_names_everything_and_what_is_done(folder):
    lines = called("list", "--scale", "tiny")
    assert [line.split(" (")[0] for line in lines if line.endswith(":")] == ["Tables", "Figures", "Models", "Datasets"]
    assert "not made" in row(lines, "table2")
    assert " ".join(row(lines, "fhvae").split()[1:]) == "0 of 2 FHVAE; on timit, spoken_digits"
    assert "not prepared" in row(lines, "sprites")
    assert all(len(line) <= 120 for line in lines)
    for suffix in ("csv", "md", "tex", "html"):
        (folder / "reports").mkdir(exist_ok=True)
        (folder / f"reports/table2.{suffix}").touch()
    (folder / "reports/table2.json").write_text(json.dumps({"settings": {"scale": "quick"}}))
    (folder / "results/tiny/dsvae/faces-drawn").mkdir(parents=True)
    (folder / "results/tiny/dsvae/faces-drawn/seed0.json").touch()
    assert "made, quick" in row(called("list", "tables"), "table2")
    assert row(called("list", "models", "--scale", "tiny"), "dsvae").split()[1] == "1"
    assert "dsvae faces-drawn" in "\n".join(
        line for line in called("list", "runs", "--scale", "tiny") if "evaluated" in line
    )
    assert (
        refused("list", "x\n\x1b[2J")
        == r"latentmotion list: list 'x\n\x1b[2J': unknown; known: datasets, figures, models, runs, tables"
    )
    assert "scale: '' cannot be used in a path" in refused("list", "--scale", "")
    assert "scale: '' cannot be used in a path" in refused("train", "halo", "sprites", "--scale", "")
    assert refused("list", "table") == "latentmotion list: list 'table': unknown; did you mean 'tables'?"


def test_a_person_trains_by_model_and_data_set(folder, monkeypatch):
    commands = []

    def run(command):
        commands.append(command[1:])
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(one_run.subprocess, "run", run)
    (line,) = called("train", "halo", "sprites", "--scale", "tiny")
    target = "runs/tiny/halo/sprites-drawn/seed0/weights.safetensors"
    assert commands == [["-m", "snakemake", "--config", "scale=tiny", "--", target]]
    assert line.endswith("latentmotion show halo sprites --scale tiny")
    called("train", "halo/sprites", "--real", "--seed", "2")
    target = "runs/quick/halo/sprites/seed2/weights.safetensors"
    assert commands[1][1:] == ["snakemake", "--configfile", "config/real.yaml", "--config", "scale=quick", "--", target]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "say what to train: latentmotion train MODEL DATASET"),
        (("--model", "halo"), "say what to train"),
        (("halo",), "'halo': give a model and a data set"),
        (("hallo", "sprites"), "model 'hallo' is not in params.yaml; did you mean 'halo'?"),
        (("halo", "sprite"), "did you mean 'sprites'?"),
        (("halo", "timit"), "add it to runs.timit, or take sprites, faces, balls"),
        (("halo", "balls-drawn"), "take balls"),
        (("halo", "sprites", "--scale", "huge"), "scale 'huge' has no file"),
    ],
)
def test_what_cannot_be_trained_is_one_line(folder, words, message):
    assert message in refused("train", *words)


@pytest.mark.parametrize("name", ["a" * 300, "b/" * 3000])
def test_a_path_that_the_system_refuses_is_one_line(name):
    words = ["judge", "--data", name, "--label", "action", "--out", "judges", "--settings", "{}"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1 and "File name too long; correct the path" in result.output
    assert result.output.count("\n") == 1 and len(result.output) < 300


def test_a_failed_training_is_one_line(folder, monkeypatch):
    monkeypatch.setattr(one_run.subprocess, "run", lambda command: type("Done", (), {"returncode": 1}))
    assert "not trained; the lines above say why" in refused("train", "halo", "balls", "--scale", "tiny")


def test_show_draws_what_a_model_can_do(folder, tmp_path_factory):
    assert "train it with 'latentmotion train dsvae sprites --scale tiny'" in refused(
        "show", "dsvae", "sprites", "--scale", "tiny"
    )
    data = PreparedDataset.open(prepared_once(tmp_path_factory, "sprites", "drawn"))
    write_run(folder, "dsvae", data, "sprites-drawn")
    files = called("show", "dsvae", "sprites", "--scale", "tiny")
    names = [file.rpartition("/")[2] for file in files]
    assert names == [f"{what}.{end}" for what in ("motion_swap", "prediction", "samples") for end in ("gif", "png")]
    assert all(file.startswith("films/tiny/dsvae/sprites-drawn/seed0/") for file in files)
    with Image.open(files[0]) as film:
        assert film.n_frames == data.shape.frames
        assert np.asarray(film.convert("RGB")).std() > 10
