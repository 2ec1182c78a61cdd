"""The speed of HGN's training step with the settings of the public code: 16 sequences of 34 frames at 32 px.

    python benchmarks/hgn_step.py [--batch 16] [--frames 34] [--threads 2] [--steps 5] [--device cpu]

The model has 0.59 M parameters. The public code decodes 30 of the 34 frames; here all frames are decoded and scored. On
a shared machine, CPU time varies less than clock time. `CPU` is CPU time divided by the number of threads: the clock
time if all threads were always busy and nothing else ran.
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

WAYS = (("float32", False), ("float32", True), ("bfloat16", True))


def rate(way: tuple[str, bool], arguments: argparse.Namespace) -> dict[str, float]:
    """Sequences per second by clock and CPU time (of the fastest step), FLOP of a step, number of parameters.

    Arguments:
        way: precision, and whether convolution weights are channels last.
    """
    seed_torch(0, "weights")
    device, (precision, last), count = choose(arguments.device), way, arguments.batch
    shape = DataShape(frames=arguments.frames, channels=3, size=32, actions=1, groups=1)
    model = build({"system": "hgn", "network": {}}, shape).to(device)
    if last:
        channels_last(model)
    optimisers = model.optimisers(Training(steps=1, batch=count, lr=1.5e-4))
    x = torch.rand(count, arguments.frames, 3, 32, 32, device=device) * 2 - 1
    nothing = torch.zeros(count, dtype=torch.long, device=device)
    batch = Batch(x, nothing, nothing, torch.ones(count, arguments.frames, dtype=torch.bool, device=device))
    with FlopCounterMode(display=False) as counter:
        model.step(batch, optimisers, autocast(device, precision))
    clock = busy = float("inf")
    for _ in range(arguments.steps):
        start, spent = time.perf_counter(), time.process_time()
        model.step(batch, optimisers, autocast(device, precision))
        if device.type == "cuda":
            torch.cuda.synchronize()
        clock, busy = min(clock, time.perf_counter() - start), min(busy, time.process_time() - spent)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {
        "clock": count / clock, "busy": count * arguments.threads / busy,
        "flop": counter.get_total_flops(), "parameters": parameters,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--frames", type=int, default=34)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for way in WAYS:
        found = rate(way, arguments)
        print(
            f"{way[0]:8} {'channels last' if way[1] else 'contiguous':13} {found['clock']:6.2f} sequences/s"
            f" (CPU: {found['busy']:6.2f})  {found['flop'] / 1e9:.0f} GFLOP a step"
            f"  ({found['parameters'] / 1e6:.2f} M parameters)",
            flush=True,
        )


if __name__ == "__main__":
    main()
