"""Every system: stopped at three points it ends with the same bits, and what is not finite ends it with a record.

With CAMPAIGN=5 five of the systems are tried.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.campaign import report
from support.every_system import STEPS, SYSTEMS, prepare_all, train
from support.shared import once

from latentmotion.core.files import file_digest
from latentmotion.training import train as training
from latentmotion.training.checkpoint import Checkpoint
from latentmotion.training.load import load_run

POISONED = ("loss", "gradient", "weight", "data")
AT = 2  # the step that is poisoned


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return once(tmp_path_factory, "every-system", prepare_all)


@pytest.fixture(scope="module", autouse=True)
def result():
    yield
    report(f"systems: {len(SYSTEMS)}, each stopped at {STEPS - 1} points and poisoned in {len(POISONED)} ways")


@pytest.mark.parametrize("model", SYSTEMS)
def test_stopped_at_any_step_it_ends_with_the_same_bits(model, data, tmp_path, monkeypatch):
    whole = train(model, data, tmp_path / "whole")
    save = Checkpoint.save
    for point in range(1, STEPS):

        def save_and_die(self, content, point=point):
            save(self, content)
            if content["done"] == point:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(Checkpoint, "save", save_and_die)
            with pytest.raises(Killed):
                train(model, data, tmp_path / str(point), every=0)
        assert train(model, data, tmp_path / str(point))["weights"] == whole["weights"], point
        for name in ("history.jsonl", "samples.png"):
            files = [tmp_path / folder / "run" / name for folder in ("whole", str(point))]
            assert file_digest(files[0]) == file_digest(files[1]), (point, name)


def poison(network: torch.nn.Module, kind: str) -> None:
    """Lets NaN appear in the step AT of a training."""
    step, calls = network.step, 0

    def step_with_nan(batch, optimisers, autocast):
        nonlocal calls
        calls += 1
        if calls != AT + 1:
            return step(batch, optimisers, autocast)
        parameter = next(iter(network.parameters()))
        if kind == "weight":
            parameter.data.view(-1)[0] = float("nan")
        if kind == "data":
            batch = replace(batch, x=batch.x * float("nan"))
        poisoned = list(network.parameters()) if kind == "gradient" else []  # some are frozen for a part of the steps
        hooks = [one.register_hook(lambda gradient: gradient * float("nan")) for one in poisoned if one.requires_grad]
        losses = step(batch, optimisers, autocast)
        for hook in hooks:
            hook.remove()
        return {name: value * float("nan") for name, value in losses.items()} if kind == "loss" else losses

    network.step = step_with_nan


@pytest.mark.parametrize("kind", POISONED)
@pytest.mark.parametrize("model", SYSTEMS)
def test_what_is_not_finite_ends_it_with_a_record(model, kind, data, tmp_path, monkeypatch):
    build = training.build

    def built(settings, shape):
        network = build(settings, shape)
        poison(network, kind)
        return network

    monkeypatch.setattr(training, "build", built)
    record = train(model, data, tmp_path)
    noticed = (AT, AT + 1) if kind == "weight" else (AT,)  # not every weight is used in every step
    assert record["status"].startswith("failed (") and record["steps"] in noticed
    assert record["status"].endswith(f"not finite at step {record['steps']})")
    network, _ = load_run(tmp_path / "run", torch.device("cpu"))
    if kind != "weight":  # running means of a batch normalisation have seen the data before the loss was known
        assert all(torch.isfinite(value).all() for value in network.parameters())
