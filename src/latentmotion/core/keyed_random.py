"""Random numbers that depend on what they are for, never on what was drawn before them.

Every draw comes from a generator keyed by (seed, purpose, ...): a training that resumes at step n draws what an
unbroken one would have drawn, and a generated sample is the same in any batch.
"""

import hashlib

import numpy as np
import torch


def key(*parts: int | str) -> int:
    """A 63-bit key of its parts."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big") >> 1


def seed_torch(*parts: int | str) -> None:
    """Seeds torch's own generators, on the CPU and on GPUs."""
    torch.manual_seed(key(*parts))


def permutation(n: int, *parts: int | str) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=key(*parts))).permutation(n)


def normal(samples: np.ndarray, numbers: int, *parts: int | str) -> torch.Tensor:
    """(len(samples), numbers) standard normal float32; row i depends on `parts` and samples[i] alone."""
    rows = [np.random.Generator(np.random.Philox(key=key(*parts, int(i)))).standard_normal(numbers) for i in samples]
    return torch.from_numpy(np.stack(rows).astype(np.float32))
