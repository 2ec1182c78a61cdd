"""What every prepared data set must be: shapes, labels and counts as its manifest says, and splits that share nothing.

Each function takes the folder of a prepared data set and raises an AssertionError where the contract is not kept.
"""

from pathlib import Path

import numpy as np

from latentmotion.config.splits import SPLITS
from latentmotion.data.prepared import PreparedDataset


def agrees_with_its_manifest(folder: Path, settings: dict) -> None:
    """Arrays have the sizes of the settings, every sequence moves, and labels occur where they must.

    Arguments:
        settings: source, size, frames and options with which the data set was prepared.
    """
    data = PreparedDataset.open(folder)
    manifest, specs = data.manifest, data.labels
    motions = [n for n, s in specs.items() if s.kind == "motion"]
    assert motions == ["action"] if len(specs["action"].classes) > 1 else specs["action"].kind == "aside"
    assert all(s.kind in ("motion", "content", "aside") for s in specs.values())
    for name in SPLITS:
        split, counts = data.split(name), manifest["splits"][name]
        frame = [(colours, settings["size"], settings["size"]) for colours in (1, 3)]
        sound, points = (fact in manifest["facts"] for fact in ("sound", "density"))
        assert split.x.dtype == (np.float32 if sound or points else np.uint8)
        frame = [(settings["size"],)] if sound else [(2,)] if points else frame
        assert split.x.shape[1:] in [(settings["frames"], *shape) for shape in frame]
        within = tuple(range(1, split.x.ndim))
        assert split.x.std(axis=within).min() > 0, "an empty picture"
        moves = np.any(split.x[:, 1:] != split.x[:, :-1], axis=within).all()
        assert moves or points, "a sequence that does not move"
        assert set(split.labels) == set(specs)
        assert (len(split), len(np.unique(split.group))) == (counts["sequences"], counts["groups"])
        for label, values in split.labels.items():
            assert np.bincount(values, minlength=len(specs[label].classes)).tolist() == counts["classes"][label]
            assert len(counts["classes"][label]) == len(specs[label].classes)
            judged = specs[label].kind != "aside"  # speakers of TIMIT are in one split alone
            if (name == "train" and judged) or label == "action":
                assert min(counts["classes"][label]) > 0, f"{label}: a class is missing in {name}"


def shares_nothing_between_splits(folder: Path) -> None:
    """No group and no sequence is in two splits; where frames are held out, no scored frame."""
    splits = [PreparedDataset.open(folder).split(name) for name in SPLITS]
    groups = [set(split.group.tolist()) for split in splits]
    if not splits[0].seen.all():  # frames are held out, not groups
        groups = [{(split.group[i], t) for i, t in np.argwhere(split.scored)} for split in splits]
    contents = [{sequence.tobytes() for sequence in split.x} for split in splits]
    for ids in (groups, contents):
        assert sum(map(len, ids)) == len(set.union(*ids))


def are_equal(folder: Path, again: Path) -> None:
    """Two preparations have the same bits."""
    assert PreparedDataset.open(folder).manifest == PreparedDataset.open(again).manifest
