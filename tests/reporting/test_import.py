"""What `export` writes can be taken into another clone, and nothing that was altered or does not belong there."""

import json
import shutil

import pytest
from safetensors.torch import save_file
from support.prepared_data import prepared_once
from support.project import ROOT
from support.untrained_runs import write_run
from typer.testing import CliRunner

import latentmotion
from latentmotion.cli import app
from latentmotion.config.params import load
from latentmotion.config.settings import judge_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.classifier_network import Classifier
from latentmotion.reporting.import_folder import import_folder

RUN = "runs/tiny/dsvae/sprites-drawn/seed0"
FOLDER = "exports/dsvae-sprites-drawn-tiny-seed0"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the catalogue and without anything that was made."""
    for name in ("config", "params.yaml", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def exported(folder, tmp_path_factory):
    """An exported run, whose original is gone."""
    data = PreparedDataset.open(prepared_once(tmp_path_factory, "sprites", "drawn"))
    run = write_run(folder, "dsvae", data, "sprites-drawn")
    (run / "history.jsonl").write_text('{"step": 1, "total": 2.0}\n')
    (run / "samples.png").write_bytes(b"picture")
    result = CliRunner().invoke(app, ["export", "dsvae", "sprites", "--scale", "tiny"])
    assert result.exit_code == 0, result.output
    run.rename(folder / "original")
    return folder / FOLDER


def change(file, **entries):
    file.write_text(json.dumps(json.loads(file.read_text()) | entries))


def test_a_run_is_imported_as_it_was(exported, folder):
    result = CliRunner().invoke(app, ["import", FOLDER])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"Wrote {RUN}; open it with latentmotion.load('dsvae/sprites-drawn/seed0'")
    assert "other code" in result.stdout
    for name in ("weights.safetensors", "history.jsonl", "samples.png"):
        assert (folder / RUN / name).read_bytes() == (folder / "original" / name).read_bytes()
    model = latentmotion.load("dsvae/sprites-drawn/seed0", scale="tiny", device="cpu")
    assert model.sample(1, length=4, action=0).shape == (1, 4, 3, 16, 16)
    import_folder(exported)  # once more changes nothing


def other_weights(exported):
    weights = exported / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")


def weights_of_another_network(exported):
    save_file(Classifier(3, 16, 8, 9).state_dict(), exported / "model.safetensors")
    found = file_digest(exported / "model.safetensors")
    change(exported / "training.json", weights=found)
    restate(exported, weights_sha256=found)


def restate(exported, **entries):
    """config.json agrees with the records, as someone would make it who alters a folder with care."""
    from latentmotion.core.files import digest

    record = json.loads((exported / "training.json").read_text())
    change(exported / "config.json", record_sha256=digest(record), **entries)


def other_settings(exported):
    record = json.loads((exported / "training.json").read_text())
    record["settings"]["training"]["steps"] = 77
    (exported / "training.json").write_text(json.dumps(record))
    restate(exported)


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (other_weights, "model.safetensors: is not what config.json and the record describe"),
        (lambda e: (e / "model.safetensors").rename(e / "model.bin"), "never a pickle"),
        (lambda e: change(e / "training.json", parameters=1), "training.json: is not what config.json describes"),
        (weights_of_another_network, "model.safetensors: does not fit the network"),
        (other_settings, "training.steps is 77, and params.yaml plans"),
        (lambda e: change(e / "config.json", dataset="../x"), "config.json: not written by.*entry 'dataset'"),
        (lambda e: change(e / "config.json", scale="huge"), "huge"),
        (lambda e: change(e / "config.json", seed=3), "state another seed"),
        (lambda e: (e / "history.jsonl").unlink(), "history.jsonl: missing"),
        (lambda e: (e / "config.json").write_text("[]"), "config.json: not written by"),
        (lambda e: (e / "config.json").unlink(), "has no config.json"),
    ],
)
def test_what_was_altered_or_does_not_belong_here_is_one_line(exported, folder, alter, message):
    alter(exported)
    with pytest.raises(UserError, match=message) as caught:
        import_folder(exported)
    assert "\n" not in str(caught.value)
    assert not (folder / RUN).exists() and not list((folder / "runs").rglob(".*"))


def test_other_weights_are_not_replaced(exported, folder):
    shutil.copytree(folder / "original", folder / RUN)
    (folder / RUN / "weights.safetensors").write_bytes(b"others")
    with pytest.raises(UserError, match=f"{RUN}: has other weights already"):
        import_folder(exported)
    assert (folder / RUN / "weights.safetensors").read_bytes() == b"others"


def test_judges_are_exported_and_imported(folder):
    judges = folder / "judges/tiny/sprites-drawn"
    judges.mkdir(parents=True)
    params = load(overrides={"scale": "tiny"})
    settings = judge_settings(params, "sprites-drawn")
    for label in params.judge.labels["sprites"]:
        weights = judges / f"{label}.safetensors"
        save_file(Classifier(3, 16, settings["width"], 6).state_dict(), weights)
        record = {"label": label, "classes": list("abcdef"), "settings": settings, "shape": [3, 16], "data": "da7a"}
        record |= {"validation_accuracy": 1.0, "weights": file_digest(weights)}
        weights.with_suffix(".json").write_text(json.dumps(record))
    result = CliRunner().invoke(app, ["export", "judges", "sprites", "--scale", "tiny"])
    assert result.exit_code == 0, result.output
    judges.rename(folder / "original")
    exported = folder / "exports/judges-sprites-drawn-tiny"
    import_folder(exported)
    for file in (folder / "original").glob("*.safetensors"):
        assert (judges / file.name).read_bytes() == file.read_bytes()
    shutil.rmtree(judges)
    (exported / "action.safetensors").write_bytes(b"x")
    with pytest.raises(UserError, match="action.safetensors: is not what"):
        import_folder(exported)
    assert not judges.exists()
