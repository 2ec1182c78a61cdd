"""A training in several processes equals one in one process; all end and resume together. On CPUs, by gloo."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import torch
from safetensors.torch import load_file

from latentmotion.config import params
from latentmotion.config.settings import prepare_settings, training_settings
from latentmotion.core import parallel_random
from latentmotion.core.errors import UserError
from latentmotion.core.records import read_record
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.training import out_of_memory
from latentmotion.training import train as training
from latentmotion.training.train import CheckpointPlan, TrainingJob

P = params.load(overrides={"scale": "tiny"})
STEPS = 20
LONG = 40  # steps of a training that is to be caught before its end
PATIENCE = 300  # seconds; gloo waits 1,800 for a process that is gone
FAILING = """
import os
from latentmotion import cli
from latentmotion.core.errors import UserError
from latentmotion.models import dsvae
losses, calls = dsvae.Model.losses, []
def failing(self, batch):
    calls.append(1)
    if len(calls) == 3 and os.environ["RANK"] == {rank!r}:
        {failure}
    return losses(self, batch)
dsvae.Model.losses = failing
cli.main()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "faces-drawn"
    prepare("faces", None, folder, prepare_settings(P, "faces-drawn"))
    return folder


def settings(model: str, steps: int = STEPS) -> dict:
    content = training_settings(P, model, "faces-drawn")
    content["training"] |= {"steps": steps}
    content["compute"] |= {"precision": "float32"}
    return json.loads(json.dumps(content))


def start(data, folder, model, program=("-m", "latentmotion.cli"), steps=STEPS, **environment) -> subprocess.Popen:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *program]
    places = ["--data", data, "--out", folder / "run", "--state", folder / "state"]
    what = [
        "train",
        "--model",
        model,
        "--seed",
        "0",
        "--device",
        "cpu",
        "--settings",
        json.dumps(settings(model, steps)),
    ]
    return subprocess.Popen(
        [*launcher, *what, *map(str, places)],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen) -> str:
    try:
        return process.communicate(timeout=PATIENCE)[0]
    finally:
        process.kill()


def together(data, folder, model, steps=STEPS) -> None:
    process = start(data, folder, model, steps=steps)
    output = finish(process)
    assert process.returncode == 0, output[-4000:]


def history(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "run/history.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["halo", "mocogan"])
def test_two_processes_compute_what_one_does(data, tmp_path, model):
    """Noise, random frames and actions, batch normalisation and gradients are those of the whole batch."""
    job = TrainingJob(model, PreparedDataset.open(data), 0, settings(model))
    training.train(job, tmp_path / "one/run", CheckpointPlan(tmp_path / "one/state", 1e9), "cpu")
    together(data, tmp_path / "two", model)
    alone, shared = history(tmp_path / "one"), history(tmp_path / "two")
    assert [point["step"] for point in shared] == list(range(1, STEPS + 1))
    for one, two in zip(alone, shared, strict=True):
        assert two == pytest.approx(one, rel=2e-3)
    for one, two in zip(alone[:3], shared[:3], strict=True):
        assert two == pytest.approx(one, rel=1e-4)
    cost = read_record(tmp_path / "two/run/record.json")["cost"]
    assert (cost["processes"], cost["gpus"], cost["gpu_hours"]) == (2, 0, 0)
    weights = [load_file(tmp_path / name / "run/weights.safetensors") for name in ("one", "two")]
    assert weights[0].keys() == weights[1].keys()
    for name, value in weights[0].items():
        torch.testing.assert_close(
            weights[1][name], value, rtol=2e-2, atol=2e-3, msg=lambda text, n=name: f"{n}: {text}"
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "failure, line",
    [('raise UserError("losses: are wrong; mend them")', "latentmotion train: losses: are wrong; mend them"),
     ("os._exit(9)", "exitcode")],
)  # fmt: skip
def test_all_end_when_one_fails(data, tmp_path, failure, line):
    (tmp_path / "failing.py").write_text(FAILING.format(rank="1", failure=failure), encoding="utf-8")
    process = start(data, tmp_path, "dsvae", [tmp_path / "failing.py"])
    output = finish(process)
    assert process.returncode != 0
    assert line in output
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def undisturbed(data, tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("undisturbed")
    together(data, folder, "dsvae", LONG)
    return (folder / "run/weights.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_they_go_on_together(data, undisturbed, tmp_path, number):
    process = start(data, tmp_path, "dsvae", steps=LONG, LATENTMOTION_CHECKPOINT_SECONDS="0")
    deadline = time.monotonic() + PATIENCE
    while not list((tmp_path / "state").rglob("checkpoint*.pt")):
        assert process.poll() is None and time.monotonic() < deadline, finish(process)[-4000:]
        time.sleep(0.01)
    launcher = psutil.Process(process.pid)
    for member in [launcher, *launcher.children(recursive=True)] if number == signal.SIGKILL else [launcher]:
        member.send_signal(number)
    output = finish(process)
    assert not (tmp_path / "run").exists()
    assert (number == signal.SIGKILL) != ("by SIGTERM, state saved" in output)
    together(data, tmp_path, "dsvae", LONG)
    assert (tmp_path / "run/weights.safetensors").read_bytes() == undisturbed


@pytest.mark.parametrize("shape", [(4, 6), (4, 3, 2, 2)])
def test_parts_of_draws_are_the_whole(monkeypatch, shape):
    """Two processes of 4 sequences draw the numbers of one process with 8, however the numbers lie in memory."""
    whole = torch.empty(8, *shape[1:])
    if len(shape) == 4:
        whole = whole.contiguous(memory_format=torch.channels_last)
    torch.manual_seed(0)
    expected = parallel_random.normal_like(whole)
    torch.manual_seed(0)
    assert torch.equal(expected, torch.randn_like(whole))
    monkeypatch.setenv("WORLD_SIZE", "2")
    found = []
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        torch.manual_seed(0)
        found.append(parallel_random.normal_like(whole[:4]))
    assert torch.equal(torch.cat(found), expected)


@pytest.mark.parametrize(
    "section, message",
    [
        ({"dsvae": {"gpus": 3}}, r"models\.dsvae\.gpus: 3 do not divide the batch of 8 on "),
        ({"rwae": {"gpus": 2}}, r"models\.rwae\.gpus: 2, but a loss of system rwae looks at a batch as a whole"),
        ({"dsvae": {"gpus": 0}}, r"key 'models\.dsvae\.gpus': Input should be greater than or equal to 1; got 0"),
        ({"dsvae": {"gpu": 2}}, r"unknown key 'models\.dsvae\.gpu'; did you mean 'gpus'\?"),
    ],
)
def test_what_cannot_be_shared_is_refused(section, message):
    with pytest.raises(UserError, match=message):
        params.load(overrides={"scale": "tiny", "models": section})


def test_gpus_are_no_part_of_what_a_run_is():
    shared = params.load(overrides={"scale": "tiny", "models": {"dsvae": {"gpus": 2}}})
    assert shared.models["dsvae"].gpus == 2
    assert training_settings(shared, "dsvae", "faces-drawn") == training_settings(P, "dsvae", "faces-drawn")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tri"
        ),
    ],
)
def test_out_of_memory_names_batch_and_key(data, tmp_path, monkeypatch, error):
    def exhausted(*_):
        raise error

    monkeypatch.setattr("latentmotion.models.dsvae.Model.losses", exhausted)
    message = r"models.dsvae: a batch of 8 does not fit into cpu memory; lower models.dsvae.training.batch, or raise"
    job = TrainingJob("dsvae", PreparedDataset.open(data), 0, settings("dsvae"))
    with pytest.raises(UserError, match=message):
        training.train(job, tmp_path / "run", CheckpointPlan(tmp_path / "state", 1e9), "cpu")
    assert not (tmp_path / "run").exists()


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shapes"), out_of_memory.named("dsvae", 8, torch.device("cpu")):
        raise RuntimeError("shapes do not fit")


def test_more_memory_than_there_is_on_this_machine():
    with pytest.raises(UserError, match="a batch of 8 does not fit"), out_of_memory.named("m", 8, torch.device("cpu")):
        torch.empty(1 << 60, dtype=torch.uint8)
