"""The verb `gpu-check`: a few training steps of every model at the paper's size, to see that they work on a GPU.

Each model learns from random batches (random_batches.py), so that no data are needed. It is checked that

- the training loop takes some steps in bfloat16 with weights in channels-last order, every parameter gets a gradient,
  and every loss is finite;
- the losses of the first steps in float32 agree with those on the CPU, from the same weights, batches and random
  numbers. A difference is relative to the loss, or absolute where the loss is below 1. It may be TOLERANCES at most: in
  the first step little more than rounding, and in the second more, because Adam's first update of a weight is as large
  for a gradient that is rounding error as for any other. (With other implementations of convolutions on a CPU, at scale
  quick, the differences were at most 5e-5 and 0.014.)

What is measured are the peak of memory, the sequences a second, the share of the rate of matrix products, and the time
that the whole training would take.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

import torch

from latentmotion.config.params import load
from latentmotion.core.errors import UserError
from latentmotion.core.records import write_record
from latentmotion.training import device as devices
from latentmotion.training import device_speed
from latentmotion.training.gpu_trials import COMPARED_BATCH, FAST, TOLERANCES, Trial, agreement, speed, trials
from latentmotion.training.precision import precision_on
from latentmotion.training.resource_usage import machine


def gpu_check(
    names: list[str], scale: str, device: str, out: Path, steps: int, minutes: float, everything: bool = False
) -> None:
    """Checks the models, prints one line for each, and writes the record `out`/<device>.json.

    Arguments:
        names, everything: as in `trials`.
        minutes: no further model is begun after this time; those that are left out are named.

    Raises UserError where a model failed, after the record is written.
    """
    begun, target = time.monotonic(), devices.choose(device)
    planned = trials(load(overrides={"scale": scale}), names, everything)
    rate = device_speed.matrix_rate(target, torch.bfloat16)
    described = machine(str(target))
    print(f"{described['device']}: matrix products in bfloat16 at {rate / 1e12:.3g} TFLOP/s; scale {scale}")
    print(HEADER)
    results, left_out = [], []
    for trial in planned:
        if time.monotonic() - begun > 60 * minutes:
            left_out.append(trial.name)
            continue
        results.append(_result(trial, target, steps, rate))
        print(line(results[-1]), flush=True)
    if left_out:
        print(f"Not checked within {minutes:g} minutes: {', '.join(left_out)}")
    record = {
        "verb": "gpu-check", "scale": scale, "steps": steps, "machine": described | {"cuda": torch.version.cuda},
        "matrix_flop_per_second": rate, "precision": precision_on(target, FAST["precision"]),
        "channels_last": FAST["channels_last"],
        "tolerances": TOLERANCES, "compared_batch": COMPARED_BATCH,
        "seconds": round(time.monotonic() - begun, 1), "left_out": left_out, "results": results,
    }  # fmt: skip
    file = Path(out) / f"{re.sub('[^a-z0-9]+', '-', described['device'].lower()).strip('-')}.json"
    write_record(file, record)
    failed = [found["run"] for found in results if found["error"]]
    print(f"{len(results) - len(failed)} of {len(results)} models passed; the record is {file}")
    if failed:
        raise UserError(f"{file}: {len(failed)} models failed: {', '.join(failed)}; the lines above say why")


def _result(trial: Trial, device: torch.device, steps: int, rate: float) -> dict:
    """The entry of one model in the record. Whatever goes wrong becomes its `error`, so that the others are checked."""
    found = {"run": trial.name, "system": trial.settings["system"], "error": None}
    parts: list[Callable[[], dict]] = [lambda: speed(trial, device, steps, rate), lambda: agreement(trial, device)]
    for part in parts:
        try:
            device_speed.start_of_peak(device)  # fails where an earlier error has left the GPU unusable
            found |= part()
        except Exception as error:  # an error of CUDA or of a model must not hide the results of the others
            said = str(error).strip().splitlines() or [""]
            found["error"] = said[0] if isinstance(error, UserError) else f"{type(error).__name__}: {said[0]}"
            break
    return found


HEADER = (
    f"{'model and data set':44} {'weights':>9} {'batch':>5} {'memory':>9} {'sequences/s':>11} {'share':>6}"
    f" {'training':>9}  differences from the CPU"
)


def line(found: dict) -> str:
    """One line of the printed table: an entry of the record."""
    if "batch" not in found:
        return f"{found['run']:44} failed: {found['error']}"
    memory = "-" if found["memory_mb"] is None else f"{found['memory_mb'] / 1000:.2f} GB"
    state = (
        f"failed: {found['error']}" if found["error"] else " ".join(f"{d:.1e}" for d in found["differences_from_cpu"])
    )
    return (
        f"{found['run']:44} {found['parameters'] / 1e6:7.2f} M {found['batch']:5} {memory:>9}"
        f" {found['sequences_per_second']:11.1f} {found['share_of_matrix_rate']:6.1%}"
        f" {found['hours_of_the_training']:7.1f} h  {state}"
    )
