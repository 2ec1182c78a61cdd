"""The speed of generating Toy Physics: `python benchmarks/toy_physics.py [--systems pendulum ...]`.

It simulates and renders trajectories of 512 frames at 32 px as `prepare` does, in 2 processes with one thread each. For
each system it prints the trajectories per second and the core seconds per trajectory.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.physics.registry import find, names
from latentmotion.data.physics.trajectories import Conditions, batches, render

AT_ONCE = 32  # videos that are rendered together; they are not kept


def make(name: str, first: int, end: int, frames: int, size: int) -> np.ndarray:
    """Core seconds for simulating and for rendering the trajectories with the numbers `first` to `end` - 1."""
    system, spent, begin = find(name), np.zeros(2), time.process_time()
    conditions = Conditions(dt=0.05, friction=0.0, varied=False, hues=system.hues)
    for _, found in batches(system, first, end, frames, conditions):
        simulated = time.process_time()
        for one in range(0, len(found), AT_ONCE):
            part = found[one : one + AT_ONCE]
            render(system, part, np.tile(np.arange(frames), (len(part), 1)), size, conditions)
        rendered = time.process_time()
        spent += simulated - begin, rendered - simulated
        begin = rendered
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systems", nargs="+", default=names())
    parser.add_argument("--trajectories", type=int, default=512, help="of each system")
    parser.add_argument("--frames", type=int, default=512)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    try:
        systems = [find(name).name for name in arguments.systems]
    except UserError as error:
        sys.exit(f"error: {error}")
    ends = np.linspace(0, arguments.trajectories, arguments.processes + 1).astype(int).tolist()
    print(f"{'system':16} {'a second':>9}   {'ms of a core: simulated':>23} {'rendered':>9}")
    with ProcessPoolExecutor(arguments.processes) as pool:

        def shared(name: str, places: list[int]) -> tuple[float, np.ndarray]:
            start = time.perf_counter()
            jobs = [
                pool.submit(make, name, *pair, arguments.frames, arguments.size)
                for pair in zip(places, places[1:], strict=False)
            ]
            return sum(job.result() for job in jobs), time.perf_counter() - start

        for name in systems:
            shared(name, list(range(arguments.processes + 1)))  # so that every process has loaded its modules
            spent, seconds = shared(name, ends)
            rate, (simulated, rendered) = arguments.trajectories / seconds, 1000 * spent / arguments.trajectories
            print(f"{name:16} {rate:9.1f}   {simulated:23.2f} {rendered:9.2f}", flush=True)


if __name__ == "__main__":
    main()
