"""The speed of a training step of MoCoGAN and HGAN at the size of MoCoGAN's public code: 96 px, 16 frames, 64 channels.

    python benchmarks/mocogan_step.py [--batch 4] [--threads 2] [--size 96] [--width 64] [--device cpu]

A step is one update of each of the three networks. The first line is a step of the same networks that is arranged as
the public code (Kitagawa and Kakiuch, 2017) arranges it: float32, contiguous, D_V with a stride of 2 in time; the
generator's gradients come from two backward passes, each of which also computes gradients of a discriminator's weights.
The other lines say how many times as fast they are in the same run; speeds of different runs or machines cannot be
compared. `stride 1` is the paper's D_V, which sees nearly all frames in each layer and costs about twice as much.
"""

import argparse
import time

import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from latentmotion.config.schema import Training
from latentmotion.core.keyed_random import seed_torch
from latentmotion.models.base import Batch, DataShape
from latentmotion.training.device import autocast, channels_last, choose
from latentmotion.training.load import build

SYSTEMS = {"mocogan": {"conditional": False}, "hgan": {}}
WAYS = (("float32", False), ("float32", True), ("bfloat16", False), ("bfloat16", True))


def made(system: str, stride: int, last: bool, arguments: argparse.Namespace) -> tuple:
    """A model, its optimisers and a batch."""
    seed_torch(0, "weights")
    device, shape = choose(arguments.device), DataShape(16, 3, arguments.size, 1, 1)
    network = {"width": arguments.width, "time_stride": stride} | SYSTEMS[system]
    model = build({"system": system, "network": network}, shape).to(device)
    if last:
        channels_last(model)
    optimisers = model.optimisers(Training(steps=1, batch=arguments.batch, lr=2e-4, betas=(0.5, 0.999)))
    x = torch.rand(arguments.batch, 16, 3, arguments.size, arguments.size, device=device) * 2 - 1
    nothing = torch.zeros(arguments.batch, dtype=torch.long, device=device)
    return (
        model,
        optimisers,
        Batch(x, nothing, nothing, torch.ones(arguments.batch, 16, dtype=torch.bool, device=device)),
    )


def public_step(model, optimisers: list, batch: Batch) -> None:
    """An update of the three networks of MoCoGAN, arranged as in the public code."""
    generator, image, video = optimisers
    count, x = len(batch.x), batch.x.transpose(1, 2)
    motion = model.sample_motion(batch.action, 16, torch.randn(count, model.motion_noise(16), device=x.device))
    fake = model.decode(torch.randn(count, model.content_noise, device=x.device), motion).transpose(1, 2)

    def judge(network, seen, target: float, retain: bool = False) -> None:
        network.zero_grad()
        answers = network(seen).flatten().sigmoid()
        functional.binary_cross_entropy(answers, torch.full_like(answers, target)).backward(retain_graph=retain)

    for network, optimiser, real, made_up in (
        (model.image_discriminator, image, x[:, :, 3], fake[:, :, 3]),
        (model.video_discriminator, video, x, fake),
    ):
        judge(network, real, 0.9)
        judge(network, made_up.detach(), 0.0)
        optimiser.step()
    generator.zero_grad()
    judge(model.video_discriminator, fake, 0.9, retain=True)
    judge(model.image_discriminator, fake[:, :, 3], 0.9)
    generator.step()


def rate(step, arguments: argparse.Namespace) -> tuple[float, float]:
    """Sequences a second (the fastest step) and FLOP of a step."""
    with FlopCounterMode(display=False) as counter:
        step()
    best = float("inf")
    for _ in range(arguments.steps):
        start = time.perf_counter()
        step()
        if arguments.device != "cpu":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return arguments.batch / best, counter.get_total_flops()


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
    model, optimisers, batch = made("mocogan", 2, False, arguments)
    first, flop = rate(lambda: public_step(model, optimisers, batch), arguments)
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    print(
        f"{'as public code':14} float32  contiguous    stride 2 {first:8.2f} sequences/s  x 1.00"
        f"  {flop / 1e9:6.0f} GFLOP a step ({millions:.1f} M parameters)",
        flush=True,
    )
    for system in SYSTEMS:
        for stride in (1, 2):
            for precision, last in WAYS:
                model, optimisers, batch = made(system, stride, last, arguments)
                context = autocast(choose(arguments.device), precision)

                def step(model=model, optimisers=optimisers, batch=batch, context=context) -> None:
                    model.step(batch, optimisers, context)

                speed, flop = rate(step, arguments)
                print(
                    f"{system:14} {precision:8} {'channels last' if last else 'contiguous':13} stride {stride}"
                    f" {speed:8.2f} sequences/s  x {speed / first:4.2f}  {flop / 1e9:6.0f} GFLOP a step",
                    flush=True,
                )


if __name__ == "__main__":
    main()
