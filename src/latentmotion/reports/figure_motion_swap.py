"""Motion swaps (HALO, figures 5, 6 right and S9): two test sequences, and each with the motion of the other.

Pairs are not chosen by eye: test sequences are put in a random order of a fixed key, and each that is not yet shown is
paired with the next that differs in action and in every content label. Of several training seeds the first is shown.
"""

from pathlib import Path

import numpy as np

from latentmotion.errors import UserError
from latentmotion.sequences import Split, label_specs, open_split, read_manifest
from latentmotion.sheet import Clip, gif, grid, moment, png, stack, strip
from latentmotion.shown import first_seeds, title

PAPER = "HALO"
NUMBER = "figures 5, 6 right and S9"
CAPTION = "Motion swaps: pairs of test sequences, and each one's content with the motion of the other"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """The still shows every frame, content line by line; the film shows a pair a row."""
    wanted, shown = settings["options"].get("pairs", 4), first_seeds(runs, settings)
    panels = [(title(run, settings["scale"]), swaps(run, wanted, device)) for run in shown]
    length = max(len(clip.frames) for _, pairs in panels for pair in pairs for clip in pair)
    still = [grid(name, [row for pair in pairs for row in _lines(pair)], together=2) for name, pairs in panels]
    film = [
        stack(
            [grid(name, [[moment(clip, time) for clip in pair] for pair in pairs]) for name, pairs in panels],
            across=True,
        )
        for time in range(length)
    ]
    return {"png": png(stack(still)), "gif": gif(film)}


def _lines(pair: list[Clip]) -> list[list]:
    """Two lines of one content each: as it is, and with the motion of the other."""
    a, b, a_moves_as_b, b_moves_as_a = map(strip, pair)
    return [[a, a_moves_as_b], [b, b_moves_as_a]]


def swaps(run: Path, wanted: int, device: str) -> list[list[Clip]]:
    """For each pair A, B of a trained run's test data: A, B, content of A with motion of B, and the reverse."""
    import torch

    from latentmotion.training.device import choose
    from latentmotion.training.load import load_run

    chosen = choose(device)
    model, record = load_run(run, chosen)
    folder = Path(record["data_folder"])
    test, specs = open_split(folder, "test"), label_specs(read_manifest(folder))
    content_labels = [name for name, spec in specs.items() if spec.kind == "content"]
    chosen_pairs = pairs(test, content_labels, wanted)
    if not chosen_pairs:
        raise UserError(f"{folder}: no two test sequences differ in action and in all of {content_labels}; enlarge it")
    order = np.array(chosen_pairs).T.reshape(-1)
    frames = np.asarray(test.x[order])
    x = torch.from_numpy(frames).to(chosen).float() / 127.5 - 1
    with torch.no_grad():
        content, motion = model.encode(x, torch.from_numpy(test.labels["action"][order]).to(chosen))
        decoded = model.decode(content, motion.roll(len(chosen_pairs), dims=0))
    swapped = ((decoded.float().clamp(-1, 1) + 1) * 127.5).round().byte().cpu().numpy()
    names = [specs["action"].classes[action] for action in test.labels["action"][order]]
    found = []
    for a in range(len(chosen_pairs)):
        b = a + len(chosen_pairs)
        found.append(
            [
                Clip(frames[a], f"A: {names[a]}"),
                Clip(frames[b], f"B: {names[b]}"),
                Clip(swapped[a], "A moving as B"),
                Clip(swapped[b], "B moving as A"),
            ]
        )
    return found


def pairs(test: Split, content_labels: list[str], wanted: int) -> list[tuple[int, int]]:
    """Indices of up to `wanted` disjoint pairs that differ in action, in group and in every content label."""
    from latentmotion.training.seeds import permutation

    left = list(map(int, permutation(len(test), "motion-swap figure")))
    keys = np.stack([test.group, test.labels["action"], *(test.labels[name] for name in content_labels)])
    found = []
    while left and len(found) < wanted:
        a = left.pop(0)
        b = next((b for b in left if (keys[:, a] != keys[:, b]).all()), None)
        if b is not None:
            left.remove(b)
            found.append((a, b))
    return found
