"""How the Frechet distance grows with distortions: `python benchmarks/video_judge.py [--judge FOLDER --data FOLDER]`.

Real validation videos are distorted in growing strength and compared with as many training videos, in the features of
the trained video judge. The distortions are noise, exchanged frames, a wrong speed (simulated with another time between
frames), a missing body in some videos, and the repetition of few videos. It prints the distance of undistorted videos,
the other distances as multiples of it, and the time for computing features.
"""

import argparse
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from latentmotion.data.physics.registry import find
from latentmotion.data.physics.toy_physics import conditions
from latentmotion.data.physics.trajectories import Conditions, render, trajectories
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.video_judge import VideoJudge, load_video_judge
from latentmotion.evaluation.metrics.frechet_distance import frechet_distance

AWAY = 1e3  # a place outside every canvas


def simulated(name: str, settings: dict, count: int, speed: float = 1.0, missing: float = 0.0) -> np.ndarray:
    """The first validation videos, simulated again `speed` times as fast or, for a share of them, without a body.

    Returns (count, T, C, S, S) uint8.
    """
    chosen = {"dt": 0.05, "span": 512, "friction": 0.0, "varied": False, "hues": find(name).hues} | settings["options"]
    own, system, frames = conditions(chosen), find(name), settings["frames"]
    length = round(chosen["span"] / speed)
    numbers = chosen["test"] + np.arange(count)
    faster = Conditions(own.dt * speed, own.friction, own.varied, own.hues)
    found = trajectories(system, numbers, length, faster)
    times = (found.chance * (length - frames + 1)).astype(int)[:, None] + np.arange(frames)
    x = render(system, found, times, settings["size"], own)
    places = system.places

    def without_the_first(q: np.ndarray, constants: dict) -> np.ndarray:
        found = np.array(places(q, constants))
        found[0] = AWAY
        return found

    lacking = SimpleNamespace(plain=system.plain, varied=system.varied, masses=system.masses, places=without_the_first)
    few = round(missing * count)
    x[:few] = render(lacking, found[slice(0, few)], times[:few], settings["size"], own) if few else x[:0]
    return x


def noisy(x: np.ndarray, levels: float) -> np.ndarray:
    """The videos with normal noise, whose standard deviation is `levels` of the 256 grey levels."""
    noise = levels * np.random.default_rng(0).standard_normal(x.shape, np.float32)
    return np.rint((x + noise).clip(0, 255)).astype(np.uint8)


def swapped(x: np.ndarray, count: int) -> np.ndarray:
    """The videos after `count` exchanges of two random frames in each."""
    rng, out = np.random.default_rng(0), x.copy()
    for video in out:
        for _ in range(count):
            first, second = rng.permutation(x.shape[1])[:2]
            video[[first, second]] = video[[second, first]]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--judge", type=Path, default=Path("judges/quick/video-judge"))
    parser.add_argument("--data", type=Path, default=Path("data/processed/quick"))
    parser.add_argument("--systems", nargs="+", default=["mass_spring", "pendulum", "double_pendulum", "two_body"])
    parser.add_argument("--videos", type=int, default=512)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.systems:
        data = PreparedDataset.open(arguments.data / name)
        judge = load_video_judge(arguments.judge, data, torch.device("cpu"))
        train, validation = (data.split(split).x[: arguments.videos] for split in ("train", "validation"))
        count = min(len(train), len(validation))
        start = time.process_time()
        truth = features(judge, np.array(train[:count]))
        each = (time.process_time() - start) / count
        x = np.array(validation[:count])
        floor = frechet_distance(features(judge, x), truth)
        print(f"{name}: {count} videos, floor {floor:.4g}, {1000 * each:.2f} ms a video", flush=True)
        series = {
            "noise of 4, 8, 16, 32 levels": (noisy(x, levels) for levels in (4, 8, 16, 32)),
            "1, 2, 4, 8, 16 swaps of frames": (swapped(x, swaps) for swaps in (1, 2, 4, 8, 16)),
            "speed 1.25, 1.5, 2, 3": (simulated(name, data.settings, count, speed) for speed in (1.25, 1.5, 2, 3)),
            "speed 0.8, 0.6, 0.4, 0.2": (
                simulated(name, data.settings, count, speed) for speed in (0.8, 0.6, 0.4, 0.2)
            ),
            "body missing in 5, 20, 50, 100 %": (
                simulated(name, data.settings, count, missing=share) for share in (0.05, 0.2, 0.5, 1.0)
            ),
            "1/4, 1/16, 1/64, 1/256 of the videos repeated": (
                np.resize(x[: count // part], x.shape) for part in (4, 16, 64, 256)
            ),
        }
        for title, worse in series.items():
            distances = [frechet_distance(features(judge, video), truth) / floor for video in worse]
            rises = all(a < b for a, b in zip([1.0, *distances], distances, strict=False))
            print(f"  {title:46}", *(f"{d:9.1f}" for d in distances), "" if rises else "  does not grow", flush=True)


def features(judge: VideoJudge, x: np.ndarray) -> np.ndarray:
    return np.concatenate([judge.features(torch.from_numpy(part)) for part in np.array_split(x, -(-len(x) // 128))])


if __name__ == "__main__":
    main()
