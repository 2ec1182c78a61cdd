"""Random numbers that depend on a key and not on the numbers that were drawn before them.

Each draw uses a generator of its own, keyed by (seed, purpose, ...). Therefore a training that resumes at step n draws
the same numbers as an uninterrupted one, and a generated sample is the same in every batch.
"""

import hashlib

import numpy as np
import torch


def key(*parts: int | str) -> int:
    """An integer of 63 bits, the hash of the parts."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big") >> 1


def seed_torch(*parts: int | str) -> None:
    """Seeds torch's own generators, on the CPU and on GPUs."""
    torch.manual_seed(key(*parts))


def permutation(n: int, *parts: int | str) -> np.ndarray:
    """The integers from 0 to n - 1 in a random order, keyed by the parts."""
    return np.random.Generator(np.random.Philox(key=key(*parts))).permutation(n)


def normal(samples: np.ndarray, numbers: int, *parts: int | str) -> torch.Tensor:
    """Standard normal float32 numbers (len(samples), numbers); row i depends only on the parts and on samples[i]."""
    rows = [np.random.Generator(np.random.Philox(key=key(*parts, int(i)))).standard_normal(numbers) for i in samples]
    return torch.from_numpy(np.stack(rows).astype(np.float32))
