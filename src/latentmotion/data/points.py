"""Datasets of points in the plane, drawn from a density that is known in closed form, for models of densities."""

from dataclasses import asdict

import numpy as np

from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.data.densities import Density
from latentmotion.data.sequences import LabelSpec, Sequences

SEED = 20190930


def options(train: int) -> dict:
    """How many points each split has."""
    return {"train": train, "validation": 2048, "test": 2048}


def prepare(name: str, density: Density, settings: dict) -> Sequences:
    """A point is a sequence of one state of two numbers: (N, 1, 2) float32. Validation and test do not depend on how
    many points train; the facts say which density it is (`densities.of_facts`).

    Raises UserError for a source other than `real`, and for points that would have several frames or a side.
    """
    if settings["source"] != "real":
        raise UserError(
            f"key 'datasets.{name}.source': points are drawn from a formula, nothing stands in for it; set it to real"
        )
    for key in ("frames", "size"):
        if settings[key] != 1:
            raise UserError(f"key 'datasets.{name}.{key}': {settings[key]}, but a point has 1; set it to 1")
    counts = [settings["options"][split] for split in SPLITS]
    x = np.concatenate([density.sample(count, SEED, i) for i, count in enumerate(counts)])
    return Sequences(
        x[:, None].astype(np.float32),
        labels={"action": np.zeros(len(x), int)},
        specs={"action": LabelSpec("aside", ("still",))},
        group=np.arange(len(x)),
        split=np.repeat(SPLITS, counts),
        facts={
            "group": "point, drawn independently of all others",
            "source": "drawn from a density in closed form",
            "density": {"kind": type(density).__name__, **asdict(density)},
            "seed": SEED,
        },
    )
