"""The speed of a training step of MoCoGAN and HGAN at the size of MoCoGAN's public code: 96 px, 16 frames, 64 channels.

    python benchmarks/mocogan_step.py [--batch 4] [--threads 2] [--size 96] [--width 64] [--device cpu]

A step is one update of each of the three networks. The public code trains on 0.50 sequences/s in float32 on 2 cores.
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

SYSTEMS = {"mocogan": {"conditional": False}, "hgan": {}}
WAYS = (("float32", False), ("float32", True), ("bfloat16", False), ("bfloat16", True))


def rate(system: str, way: tuple[str, bool], arguments: argparse.Namespace) -> tuple[float, float, int]:
    """Sequences per second of the fastest step, FLOP per second, and the number of parameters.

    Arguments:
        way: precision, and whether convolution weights are channels last.
    """
    seed_torch(0, "weights")
    device, (precision, last) = choose(arguments.device), way
    shape = DataShape(frames=16, channels=3, size=arguments.size, actions=1, groups=1)
    model = build({"system": system, "network": {"width": arguments.width} | SYSTEMS[system]}, shape).to(device)
    if last:
        channels_last(model)
    optimisers = model.optimisers(Training(steps=1, batch=arguments.batch, lr=2e-4, betas=(0.5, 0.999)))
    x = torch.rand(arguments.batch, 16, 3, arguments.size, arguments.size, device=device) * 2 - 1
    nothing = torch.zeros(arguments.batch, dtype=torch.long, device=device)
    batch = Batch(x, nothing, nothing, torch.ones(arguments.batch, 16, dtype=torch.bool, device=device))
    with FlopCounterMode(display=False) as counter:
        model.step(batch, optimisers, autocast(device, precision))
    best = float("inf")
    for _ in range(arguments.steps):
        start = time.perf_counter()
        model.step(batch, optimisers, autocast(device, precision))
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return arguments.batch / best, counter.get_total_flops() / best, parameters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--size", type=int, default=96, help="side of a frame")
    parser.add_argument("--width", type=int, default=64, help="channels of the layer next to the frame")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for system in SYSTEMS:
        for way in WAYS:
            speed, flops, parameters = rate(system, way, arguments)
            print(
                f"{system:8} {way[0]:8} {'channels last' if way[1] else 'contiguous':13} {speed:8.2f} sequences/s"
                f"  {flops / 1e9:7.0f} GFLOP/s ({parameters / 1e6:.1f} M parameters)",
                flush=True,
            )


if __name__ == "__main__":
    main()
