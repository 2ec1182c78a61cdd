"""The speed of HALO's training step at the paper's size (64 px, 8 frames, 162 M parameters), and of matrix products.

    python benchmarks/halo_step.py [--batch 4] [--threads 2] [--device cpu] [--agree 100]

`--agree N` trains N steps in both precisions from the same weights and batches, and prints the difference between their
losses.
"""

import argparse
import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from latentmotion.config.schema import Training
from latentmotion.core.keyed_random import seed_torch
from latentmotion.models.base import Batch, DataShape
from latentmotion.training.device import autocast, channels_last, choose
from latentmotion.training.load import build

SHAPE = DataShape(frames=8, channels=3, size=64, actions=9, groups=1000)


def matrix_rate(dtype: torch.dtype, device: torch.device, side: int = 3072) -> float:
    """FLOP/s of a product of square matrices, the best of five runs."""
    a = torch.randn(side, side, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(6):
        start = time.perf_counter()
        a @ a
        _wait(device)
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def _model(device: torch.device, last: bool, network: dict):
    seed_torch(0, "weights")
    model = build({"system": "halo", "network": network}, SHAPE).to(device)
    if last:
        channels_last(model)
    return model, model.optimisers(Training(steps=1, batch=2, lr=2e-4))


def _batch(count: int, step: int, device: torch.device) -> Batch:
    seed_torch("batch", step)
    x = torch.rand(count, SHAPE.frames, SHAPE.channels, SHAPE.size, SHAPE.size) * 2 - 1
    action = torch.randint(SHAPE.actions, (count,))
    seen = torch.ones(count, SHAPE.frames, dtype=torch.bool)
    return Batch(x.to(device), action.to(device), torch.arange(count, device=device), seen.to(device))


def rate(precision: str, last: bool, batch: int, device: torch.device, steps: int) -> tuple[float, float, int]:
    """Sequences per second of the fastest step, FLOP per second, and the number of parameters."""
    model, optimisers = _model(device, last, {})
    context = autocast(device, precision)
    with FlopCounterMode(display=False) as counter:
        model.step(_batch(batch, 0, device), optimisers, context)
    best = float("inf")
    for step in range(steps):
        inputs = _batch(batch, step, device)
        _wait(device)
        start = time.perf_counter()
        model.step(inputs, optimisers, context)
        _wait(device)
        best = min(best, time.perf_counter() - start)
    return batch / best, counter.get_total_flops() / best, sum(p.numel() for p in model.parameters())


def agreement(steps: int, batch: int, device: torch.device, network: dict) -> tuple[float, float]:
    """The mean and the largest relative difference between the losses in both precisions, over `steps` steps."""
    losses = []
    for precision in ("float32", "bfloat16"):
        model, optimisers = _model(device, True, network)
        context, values = autocast(device, precision), []
        for step in range(steps):
            inputs = _batch(batch, step, device)
            seed_torch(0, "step", step)
            values.append(float(model.step(inputs, optimisers, context)["total"]))
        losses.append(torch.tensor(values))
    distance = (losses[0] - losses[1]).abs() / losses[0].abs()
    return float(distance.mean()), float(distance.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--agree", type=int, default=0, help="steps of the comparison of precisions")
    parser.add_argument("--agree-width", type=int, default=256, help="channels in it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = choose(arguments.device)
    peaks = {"float32": matrix_rate(torch.float32, device), "bfloat16": matrix_rate(torch.bfloat16, device)}
    for precision, last in (("float32", False), ("float32", True), ("bfloat16", False), ("bfloat16", True)):
        speed, flops, parameters = rate(precision, last, arguments.batch, device, arguments.steps)
        layout = "channels last" if last else "contiguous"
        print(
            f"{precision:8} {layout:13} {speed:8.3f} sequences/s  {flops / 1e9:8.1f} GFLOP/s"
            f" = {flops / peaks[precision]:4.0%} of {peaks[precision] / 1e9:.0f} ({parameters / 1e6:.1f} M parameters)",
            flush=True,
        )
    if arguments.agree:
        mean, largest = agreement(arguments.agree, arguments.batch, device, {"width": arguments.agree_width})
        print(f"losses over {arguments.agree} steps: bfloat16 differs by {mean:.2%} on average, {largest:.2%} at most")


if __name__ == "__main__":
    main()
