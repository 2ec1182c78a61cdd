"""The duration of preparing Sprites: `python benchmarks/prepare_sprites.py [--raw data/raw/sprites] [--size 64]`.

It prints the seconds for composing the whole set and for writing it (splits, digests, manifest), and the peak of
memory. Without --raw it uses the drawn layers, which are composed by the same code.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

from latentmotion.data.datasets import sprites
from latentmotion.data.sequences import write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path, help="folder of the real sheets")
    parser.add_argument("--size", type=int, default=64)
    arguments = parser.parse_args()
    source = "real" if arguments.raw else "drawn"
    settings = {"source": source, "size": arguments.size, "frames": sprites.FRAMES, "options": sprites.OPTIONS}
    start = time.perf_counter()
    sequences = sprites.prepare(arguments.raw, settings)
    composed = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        write(sequences, Path(folder) / "sprites", settings)
    written = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    shape = " x ".join(str(n) for n in sequences.x.shape)
    print(f"sprites ({source}), {shape}: composed in {composed - start:.1f} s, written in {written - composed:.1f} s")
    print(f"peak memory {memory:.1f} GiB")


if __name__ == "__main__":
    main()
