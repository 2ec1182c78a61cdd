"""Training resumes at any step, and refuses values that are not finite and state that is not its own."""

import json
import shutil

import pytest
import torch

from latentmotion.config import params
from latentmotion.config.settings import prepare_settings, training_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest
from latentmotion.core.history import read_history
from latentmotion.core.records import read_record
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.models import dsvae
from latentmotion.training import precision
from latentmotion.training import train as training
from latentmotion.training.checkpoint import Checkpoint
from latentmotion.training.load import load_run
from latentmotion.training.train import CheckpointPlan, TrainingJob

P = params.load(overrides={"scale": "tiny"})
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "faces-drawn"
    prepare("faces", None, folder, prepare_settings(P, "faces-drawn"))
    return folder


def settings(model: str, **changes) -> dict:
    content = training_settings(P, model, "faces-drawn")
    content["training"] |= changes
    return json.loads(json.dumps(content))


def run(data, folder, model="dsvae", seed=0, every=1e9, **changes):
    job = TrainingJob(model, PreparedDataset.open(data), seed, settings(model, **changes))
    training.train(job, folder / "run", CheckpointPlan(folder / "state", every), "cpu")
    return read_record(folder / "run" / "record.json")


class Stop(Exception):
    pass


@pytest.mark.parametrize("model", ["halo", "mocogan"])
@pytest.mark.parametrize("at", [1, 5])
def test_stopped_at_any_step_it_ends_with_the_same_bits(data, tmp_path, monkeypatch, model, at):
    whole = run(data, tmp_path / "whole", model)
    save = Checkpoint.save

    def save_and_die(self, content):
        save(self, content)
        if content["done"] == at:
            raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_die)
        with pytest.raises(Stop):
            run(data, tmp_path / "cut", model, every=0)
    assert not (tmp_path / "cut" / "run").exists(), "half a run was left behind"
    done = run(data, tmp_path / "cut", model)
    assert done["weights"] == whole["weights"]
    for name in ("history.jsonl", "samples.png"):
        assert file_digest(tmp_path / "cut/run" / name) == file_digest(tmp_path / "whole/run" / name)
    assert not list((tmp_path / "cut" / "state").iterdir()), "a finished training leaves no state"


def test_the_record_names_every_precision_in_which_the_training_computed(data, tmp_path, monkeypatch, capsys):
    def on_a_processor(has_bfloat16: bool):
        monkeypatch.setattr(precision, "computes_bfloat16", lambda device: has_bfloat16)

    def fast(folder):
        job = TrainingJob("dsvae", PreparedDataset.open(data), 0, settings("dsvae"))
        job.settings["compute"]["precision"] = "bfloat16"
        training.train(job, folder / "run", CheckpointPlan(folder / "state", 0), "cpu")
        return read_record(folder / "run" / "record.json")["precisions"]

    save = Checkpoint.save

    def save_and_die(self, content):
        save(self, content)
        raise Stop

    on_a_processor(True)
    assert fast(tmp_path / "whole") == ["bfloat16"]
    with monkeypatch.context() as patch, pytest.raises(Stop):
        patch.setattr(Checkpoint, "save", save_and_die)
        fast(tmp_path / "moved")
    assert "bfloat16" not in capsys.readouterr().err
    on_a_processor(False)
    assert fast(tmp_path / "moved") == ["bfloat16", "float32"]
    assert training.NO_BFLOAT16 in capsys.readouterr().err


def test_seeds_and_settings_change_the_weights(data, tmp_path):
    weights = {run(data, tmp_path / "a")["weights"], run(data, tmp_path / "b", seed=1)["weights"]}
    weights.add(run(data, tmp_path / "c", lr=2e-3)["weights"])
    assert len(weights) == 3
    assert run(data, tmp_path / "d")["weights"] in weights


def test_what_is_not_finite_ends_it_with_a_record_that_says_so(data, tmp_path, monkeypatch, capsys):
    losses = dsvae.Model.losses

    def poisoned(self, batch):
        values = losses(self, batch)
        poisoned.calls += 1
        return values | {"total": values["total"] * float("nan")} if poisoned.calls == 3 else values

    poisoned.calls = 0
    monkeypatch.setattr(dsvae.Model, "losses", poisoned)
    record = run(data, tmp_path, every=0)
    assert record["status"] == "failed (total, gradient_norm not finite at step 2)" and record["steps"] == 2
    assert "lower training.lr or set training.clip" in capsys.readouterr().err
    model, _ = load_run(tmp_path / "run", CPU)
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())
    assert len(read_history(tmp_path / "run/history.jsonl")) == 2
    assert run(data, tmp_path / "whole")["status"] == "ok"


def test_one_that_diverges_at_once_has_a_record_too(data, tmp_path, monkeypatch):
    losses = dsvae.Model.losses
    nan = {"total": torch.tensor(float("nan"), requires_grad=True)}
    monkeypatch.setattr(dsvae.Model, "losses", lambda self, batch: losses(self, batch) | nan)
    record = run(data, tmp_path)
    assert record["status"].endswith("not finite at step 0)") and record["curve"] == []


def test_a_damaged_checkpoint_is_left_out_for_the_one_before(data, tmp_path, monkeypatch, capsys):
    whole = run(data, tmp_path / "whole")
    save = Checkpoint.save

    def save_and_die(self, content):
        save(self, content)
        if content["done"] == 5:
            raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_die)
        with pytest.raises(Stop):
            run(data, tmp_path / "cut", every=0)
    (last,) = (tmp_path / "cut/state").glob("*/checkpoint-*.pt")
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    assert Checkpoint(tmp_path / "cut/state", _key(data, "dsvae")).load(CPU)["done"] == 4
    assert f"{last}: damaged checkpoint" in capsys.readouterr().err
    left = last.with_name(f".{last.name}.0123abcd")
    left.write_bytes(b"of an attempt that was killed")
    assert run(data, tmp_path / "cut")["weights"] == whole["weights"]


def test_left_overs_of_killed_attempts_go_at_the_next_start(tmp_path):
    folder = Checkpoint(tmp_path, "a" * 64).folder
    folder.mkdir()
    for name in (".checkpoint-1.pt.abcdefgh", ".before-checkpoint-1.pt.0123abcd"):
        (folder / name).write_bytes(b"half")
    checkpoint = Checkpoint(tmp_path, "a" * 64)
    checkpoint.open(tmp_path / "run")
    assert not list(folder.glob(".*"))
    checkpoint.close(finished=True)


def test_a_state_folder_that_cannot_be_made_is_one_line(data, tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(UserError, match="state.*cannot be written .*move that file away"):
        run(data, tmp_path)


def test_too_little_space_stops_it_before_the_first_step(data, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "STATES", 1 << 50)
    with pytest.raises(UserError, match="this training of dsvae needs about .* MB there"):
        run(data, tmp_path)


def _key(data, model: str) -> str:
    from latentmotion.core.source_code import code_digest

    identity = {
        "settings": settings(model), "data": PreparedDataset.open(data).sha256, "seed": 0,
        "code": code_digest(f"models/{model}", "training/train"), "rank": 0,
    }  # fmt: skip
    return digest(identity)


def test_a_parameter_without_a_gradient_is_an_error(data, tmp_path, monkeypatch):
    build = dsvae.Model.__init__

    def with_a_stray(self, config, shape):
        build(self, config, shape)
        self.stray = torch.nn.Linear(2, 2)

    monkeypatch.setattr(dsvae.Model, "__init__", with_a_stray)
    with pytest.raises(UserError, match="2 parameters never get a gradient .stray"):
        run(data, tmp_path)


def test_a_damaged_or_foreign_checkpoint_is_named(tmp_path):
    checkpoint = Checkpoint(tmp_path, "a" * 64)
    checkpoint.save({"done": 3})
    assert checkpoint.load(CPU)["done"] == 3
    content = checkpoint.file.read_bytes()
    checkpoint.file.write_bytes(content[:-9] + b"x" + content[-8:])
    with pytest.raises(UserError, match="damaged checkpoint"):
        checkpoint.load(CPU)
    checkpoint.file.write_bytes(content)
    foreign = Checkpoint(tmp_path, "a" * 32 + "b" * 32)
    with pytest.raises(UserError, match="belongs to another training"):
        foreign.load(CPU)


def test_a_second_process_is_refused_with_the_first_ones_number(data, tmp_path):
    first = Checkpoint(tmp_path / "state", _key(data, "dsvae"))
    first.open(tmp_path / "run")
    with pytest.raises(UserError, match=r"being trained by process \d+ on"):
        run(data, tmp_path)
    first.close(finished=False)
    run(data, tmp_path)


def test_weights_of_another_model_are_refused(data, tmp_path):
    run(data, tmp_path / "dsvae")
    run(data, tmp_path / "mocogan", "mocogan")
    assert not load_run(tmp_path / "dsvae" / "run", CPU)[0].training
    shutil.copy(tmp_path / "mocogan/run/weights.safetensors", tmp_path / "dsvae/run/weights.safetensors")
    with pytest.raises(UserError, match="is not what .*record.json describes"):
        load_run(tmp_path / "dsvae" / "run", CPU)
    record = read_record(tmp_path / "dsvae/run/record.json")
    record["weights"] = file_digest(tmp_path / "dsvae/run/weights.safetensors")
    (tmp_path / "dsvae/run/record.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(UserError, match="does not fit dsvae"):
        load_run(tmp_path / "dsvae" / "run", CPU)


def test_training_never_opens_test_data(data, tmp_path):
    blind = tmp_path / "blind"
    shutil.copytree(data, blind, ignore=lambda folder, names: ["test"])
    run(blind, tmp_path)


def test_a_disk_that_is_full_at_the_start_is_one_line(tmp_path, monkeypatch):
    def full(path, *arguments, **keywords):
        if "token" in str(path):
            raise OSError(28, "No space left on device")
        return open(path, *arguments, **keywords)

    monkeypatch.setattr("latentmotion.training.checkpoint.open", full, raising=False)
    with pytest.raises(UserError, match="cannot be written .No space left on device"):
        Checkpoint(tmp_path, "a" * 64).open(tmp_path / "run")


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="cannot be written .No space left on device"):
        Checkpoint(tmp_path, "a" * 64).save({"done": 1})
    assert not list(tmp_path.rglob("*checkpoint*"))
