"""The verb `gpu-check` on a CPU with tiny networks: what it measures, and that a failure hides nothing else."""

import json

import pytest
import torch
from support.prepared_data import prepared_once
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

from latentmotion.cli import app
from latentmotion.config import params
from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset
from latentmotion.models import fhvae
from latentmotion.training import device_speed, gpu_trials, random_batches
from latentmotion.training.precision import precision_on
from latentmotion.training.same_draws import SameDraws

P = params.load(overrides={"scale": "tiny"})
CPU = torch.device("cpu")


def checked(folder, *models, **options) -> tuple[dict, str]:
    """The record, and what was printed."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = ["gpu-check", *models, "--device", "cpu", "--scale", "tiny", "--out", str(folder), *words]
    done = CliRunner().invoke(app, command)
    (file,) = folder.glob("*.json")
    return json.loads(file.read_text()) | {"exit": done.exit_code}, done.output


def test_every_number_of_a_model_is_measured(tmp_path):
    record, printed = checked(tmp_path, "fhvae", "mocogan/faces")
    assert record["exit"] == 0 and record["left_out"] == []
    assert record["precision"] == precision_on(CPU, "bfloat16") and record["channels_last"] is True
    assert [found["run"] for found in record["results"]] == ["fhvae/timit", "mocogan/faces"]
    for found in record["results"]:
        assert found["error"] is None and found["memory_mb"] is None  # memory is that of a GPU
        assert found["differences_from_cpu"] == [0.0, 0.0]  # the device is the CPU
        assert found["flop_per_step"] > 0 and found["parameters"] > 0
        rate = found["flop_per_step"] * found["sequences_per_second"] / found["batch"]
        assert found["share_of_matrix_rate"] == pytest.approx(rate / record["matrix_flop_per_second"])
        seconds = found["steps_of_the_training"] * found["batch"] / found["sequences_per_second"]
        assert found["hours_of_the_training"] == pytest.approx(seconds / 3600)
        assert [len(losses) for losses in found["first_losses"]] == [len(found["first_losses_on_cpu"][0])] * 2
    assert "fhvae/timit" in printed and "2 of 2 models passed" in printed


def test_a_failure_is_a_line_and_the_others_go_on(tmp_path, monkeypatch):
    def broken(self, batch):
        raise RuntimeError("CUDA error: no kernel\nmore lines")

    monkeypatch.setattr(fhvae.Model, "losses", broken)
    record, printed = checked(tmp_path, "fhvae", "flow", steps=4)
    assert record["exit"] == 1
    assert [found["error"] for found in record["results"]] == ["RuntimeError: CUDA error: no kernel", None]
    assert "failed: RuntimeError: CUDA error: no kernel" in printed and "1 of 2 models passed" in printed


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ([1.002, 1.0], "total of step 1 is 1.002, and 1 on the CPU: a difference of 0.002, where 0.001 is allowed"),
        ([1.0, 1.06], "total of step 2 is 1.06, and 1 on the CPU: a difference of 0.06, where 0.05 is allowed"),
        ([1.0, float("nan")], "total of step 2 is nan, and 1 on the CPU"),
    ],
)
def test_losses_that_differ_from_those_of_the_cpu_are_named(monkeypatch, own, message):
    found = iter([[{"total": value} for value in own], [{"total": 1.0}, {"total": 1.0}]])
    monkeypatch.setattr(gpu_trials, "first_losses", lambda trial, device: next(found))
    with pytest.raises(UserError, match=message):
        gpu_trials.agreement(None, CPU)


def test_small_differences_are_allowed_and_small_losses_compared_as_they_are(monkeypatch):
    found = iter([[{"total": 1000.5}, {"total": 0.01}], [{"total": 1000.0}, {"total": 0.05}]])
    monkeypatch.setattr(gpu_trials, "first_losses", lambda trial, device: next(found))
    assert gpu_trials.agreement(None, CPU)["differences_from_cpu"] == pytest.approx([0.0005, 0.04])


def test_the_time_of_drawing_a_batch_is_not_that_of_a_step(monkeypatch):
    clock = iter([1.0, 5.0, 6.0, 9.0, 9.5, 20.0])  # asked and given, three times
    monkeypatch.setattr(random_batches.time, "perf_counter", lambda: next(clock))
    batches = random_batches.RandomBatches(random_batches.shape_of("ring", P.datasets["ring"]), 2, CPU)
    for step in range(3):
        batches(step)
    assert batches.seconds() == [1.0, 0.5]


def test_other_weights_have_other_losses(monkeypatch):
    """The comparison can fail: one changed weight of a network changes its losses."""
    (trial,) = gpu_trials.trials(P, ["fhvae"])
    before = gpu_trials.first_losses(trial, CPU)
    assert gpu_trials.first_losses(trial, CPU) == before
    (few_points,) = gpu_trials.trials(P, ["flow-finite"])
    assert len(gpu_trials.first_losses(few_points, CPU)) == 2  # which needs a batch of all points
    build = gpu_trials.build

    def changed(settings, shape):
        network = build(settings, shape)
        next(network.parameters()).data.mul_(1.5)
        return network

    monkeypatch.setattr(gpu_trials, "build", changed)
    assert gpu_trials.first_losses(trial, CPU) != before


def test_a_gpu_that_an_error_has_left_unusable_is_said_of_each_model(tmp_path, monkeypatch):
    def unusable(device):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(device_speed, "start_of_peak", unusable)
    record, printed = checked(tmp_path, "fhvae", "flow")
    assert record["exit"] == 1 and printed.count("failed: RuntimeError: CUDA error: an illegal memory") == 2
    assert len(record["results"]) == 2


def test_a_data_set_without_facts_fails_alone(tmp_path, monkeypatch):
    monkeypatch.delitem(random_batches.FACTS, "timit")
    record, _ = checked(tmp_path, "fhvae", "flow", steps=4)
    assert "FACTS has no data set 'timit'" in record["results"][0]["error"] and record["results"][1]["error"] is None


def test_no_model_is_begun_after_the_time(tmp_path):
    record, printed = checked(tmp_path, "fhvae", "flow", minutes=0)
    assert record["results"] == [] and record["left_out"] == ["fhvae/timit", "flow/ring"]
    assert "Not checked within 0 minutes: fhvae/timit, flow/ring" in printed


def test_the_first_model_of_each_system_comes_before_the_others():
    planned = gpu_trials.trials(P, [])
    systems = [trial.settings["system"] for trial in planned]
    trained = {model for models in P.runs.values() for model in models}
    assert {trial.model for trial in planned} == trained and len(planned) == len(trained)
    assert len(set(systems[: len(set(systems))])) == len(set(systems))
    assert len(gpu_trials.trials(P, [], everything=True)) == sum(map(len, P.runs.values()))
    with pytest.raises(UserError, match="'hallo' is not trained; did you mean 'halo'"):
        gpu_trials.trials(P, ["hallo"])


def test_every_data_set_has_facts():
    assert set(random_batches.FACTS) == set(P.datasets)
    with pytest.raises(UserError, match="no data set 'sprits'.*did you mean 'sprites'"):
        random_batches.facts("sprits")


@pytest.mark.parametrize(
    ("dataset", "source"),
    [("faces", "drawn"), ("timit", "drawn"), ("moving_shapes", "real"), ("pendulum", "real"), ("ring", "real")],
)
def test_random_batches_have_the_shapes_of_prepared_data(tmp_path_factory, dataset, source):
    data = PreparedDataset.open(prepared_once(tmp_path_factory, dataset, source))
    shape = random_batches.shape_of(dataset, P.datasets[dataset])
    known = data.shape
    assert (shape.frames, shape.channels, shape.size, shape.actions) == (
        known.frames,
        known.channels,
        known.size,
        known.actions,
    )
    batches = random_batches.RandomBatches(shape, 6, CPU, hidden=True)
    batch = batches(0)
    assert batch.x.shape[1:] == data.split("train").x.shape[1:]
    if data.has_pictures:
        assert -1 <= batch.x.min() < -0.5 < 0.5 < batch.x.max() <= 1
    assert batch.action.max() < shape.actions and batch.object.max() < shape.groups
    assert (~batch.seen).sum(1).tolist() == [1] * 6
    assert torch.equal(batches(0).x, batch.x) and not torch.equal(batches(1).x, batch.x)
    assert len(batches.seconds()) == 2 and min(batches.seconds()) >= 0


DRAWS = {
    "randn": lambda device: torch.randn(3, 4, device=device),
    "randint": lambda device: torch.randint(5, (4,), device=device),
    "randperm": lambda device: torch.randperm(6, device=device),
    "randn_like": lambda device: torch.randn_like(torch.empty(2, 3, device=device)),
    "rand_like": lambda device: torch.rand_like(torch.empty(2, 3, device=device)),
    "normal": lambda device: Tensor.normal_(torch.empty(2, 3, 4, device=device).transpose(1, 2)),
    "exponential": lambda device: torch.empty(5, device=device).exponential_(),
    "multinomial": lambda device: torch.multinomial(torch.ones(3, 4, device=device), 1),
}


@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers_are_those_of_the_cpu(name):
    torch.manual_seed(0)
    plain, after = DRAWS[name](CPU), torch.rand(1)
    torch.manual_seed(0)
    with SameDraws():
        same, after_it = DRAWS[name](CPU), torch.rand(1)
    assert torch.equal(same, plain) and same.stride() == plain.stride() and torch.equal(after, after_it)


@pytest.mark.parametrize("name", sorted(set(DRAWS) - {"multinomial"}))  # whose weights must be numbers
def test_the_generator_of_the_cpu_draws_for_another_device(name):
    """The device "meta" has no numbers; the CPU's generator still moves on as it does for a tensor of the CPU."""
    torch.manual_seed(0)
    DRAWS[name](CPU)
    after = torch.rand(1)
    torch.manual_seed(0)
    with SameDraws():
        made = DRAWS[name]("meta")
    assert made.device.type == "meta" and torch.equal(torch.rand(1), after)


@pytest.mark.parametrize("layer", [torch.nn.Linear(6, 5), torch.nn.Conv2d(6, 4, 3, padding=1), torch.nn.GRUCell(6, 3)])
def test_operations_are_counted_as_torch_counts_them(layer):
    x = torch.rand(7, 6, 8, 8) if isinstance(layer, torch.nn.Conv2d) else torch.rand(7, 6)
    counts = []
    for counter in (FlopCounterMode(display=False), device_speed.OperationCount()):
        with counter:
            layer(x.requires_grad_()).sum().backward()
        counts.append(counter.flop if hasattr(counter, "flop") else counter.get_total_flops())
    assert counts[0] == counts[1] > 0


def test_operations_of_a_loss_with_a_gradient_are_counted():
    layer = torch.nn.Linear(6, 5)
    with device_speed.OperationCount() as operations:
        x = torch.rand(7, 6, requires_grad=True)
        (slope,) = torch.autograd.grad(layer(x).sin().sum(), x, create_graph=True)
        slope.square().sum().backward()
    assert operations.flop >= 5 * 2 * 7 * 6 * 5  # two products forwards, and those of the second gradient


def test_a_matrix_product_has_a_rate():
    assert 1e6 < device_speed.matrix_rate(CPU, torch.float32, side=64) < 1e14
    assert device_speed.peak_memory(CPU) is None
