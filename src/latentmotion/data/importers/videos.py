"""Your own videos: raw/<class>/<group>/<video>, or raw/<class>/<video> where every video is a group of its own.

A video is a file or a folder of frames (data/readers/videos.py). The class is the action. The group is what must not be
in two splits, such as a person or a place, and a group may have videos of several classes. Every video is brought to a
constant rate and cut into clips that follow one another. Models learn from the first `frames` frames of a clip, and
`continued` frames are kept for prediction. docs/own-videos.md is the manual.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.readers.videos import ANIMATIONS, FILMS, PICTURES, read_video
from latentmotion.data.sequences import LabelSpec, Sequences

OPTIONS = {"clips": 8, "continued": 16, "fps": 0.0, "test": 0.2, "validation": 0.2}
IGNORED = ("thumbs.db", "desktop.ini", "__macosx")  # what operating systems leave in folders; also all hidden files


@dataclass(frozen=True)
class Found:
    """One video with its class and group, by name."""

    path: Path
    action: str
    group: str


def prepare(raw: Path, settings: dict) -> Sequences:
    """All clips, (N, frames, 3, size, size) uint8, and their continuations.

    Options: `clips` is the largest number of clips that one video gives, evenly over its length; `continued` the frames
    of a clip that are kept; `fps` the frames per second, 0 for those of each video; `test` and `validation` the shares
    of the groups in these splits.

    Videos that are too short for one clip, files that are no videos, and clips in which nothing moves are left out;
    they are printed and stand in the facts of the data set. Raises UserError for a folder without videos or with fewer
    than two classes, for a file that cannot be read or is there twice, and where the groups are too few for three
    splits.
    """
    options, frames = settings["options"], settings["frames"]
    length = max(frames, options["continued"])
    found, left_out = find(raw)
    clips, used = [], []
    for video in found:
        film = read_video(video.path, settings["size"]).at_rate(options["fps"])
        if len(film) < length:
            left_out[video.path.relative_to(raw).as_posix()] = f"{len(film)} frames, fewer than the {length} of a clip"
            continue
        cut = cut_clips(film, length, options["clips"])
        moving = cut[(cut[:, 1:frames] != cut[:, :1]).any(axis=(1, 2, 3, 4))]
        if len(moving) < len(cut):
            left_out[video.path.relative_to(raw).as_posix()] = (
                f"nothing moves in {len(cut) - len(moving)} of {len(cut)} clips"
            )
        clips.append(moving)
        used += [video] * len(moving)
    _report(raw, len(set(used)), len(found), used, left_out)
    actions, groups = sorted({video.action for video in used}), sorted({video.group for video in used})
    if short := sorted({video.action for video in found} - set(actions)):
        raise UserError(
            f"{raw / short[0]}: no video has the {length} frames of a clip; add longer ones or remove the class"
        )
    if len(actions) < 2:
        raise UserError(
            f"{raw}: one class alone, {actions[0]}; two are needed, because systems are judged by the class"
        )
    shown = {group: {video.action for video in used if video.group == group} for group in groups}
    parts = split_groups(shown, options["test"], options["validation"], raw)
    x = np.concatenate(clips)
    _refuse_doubles(x[:, :frames], used)
    return Sequences(
        x[:, :frames],
        labels={
            "action": np.array([actions.index(video.action) for video in used]),
            "source": np.array([groups.index(video.group) for video in used]),
        },
        specs={"action": LabelSpec("motion", tuple(actions)), "source": LabelSpec("aside", tuple(groups))},
        group=np.array([groups.index(video.group) for video in used]),
        split=np.array([parts[video.group] for video in used]),
        facts={"source": "own videos", "group": "a folder of videos", "videos": len(set(used)), "left_out": left_out},
        continued=x if length > frames else None,
    )


def find(raw: Path) -> tuple[list[Found], dict[str, str]]:
    """The videos below a folder in a fixed order, and path -> reason of everything that is no video."""
    found, left_out = [], {}
    for kind in _entries(raw) if raw.is_dir() else []:
        for entry in _entries(kind) if kind.is_dir() else [kind]:
            alone = entry.is_file() or _is_video(entry)
            for path in [entry] if alone else _entries(entry):
                if kind.is_dir() and _is_video(path):
                    found.append(Found(path, kind.name, f"{kind.name}/{entry.stem}" if alone else entry.name))
                else:
                    reason = "not a video" if kind.is_dir() else "not in the folder of a class"
                    left_out[path.relative_to(raw).as_posix()] = reason
    if not found:
        raise UserError(
            f"{raw}: no videos there; put them into {raw}/<class>/<group>/, as docs/own-videos.md describes"
        )
    return found, left_out


def _entries(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if not p.name.startswith(".") and p.name.lower() not in IGNORED)


def _is_video(path: Path) -> bool:
    """Whether a path is a file of a known kind, or a folder with frames."""
    if path.is_file():
        return path.suffix.lower() in (*ANIMATIONS, *FILMS)
    return any(file.suffix.lower() in PICTURES for file in _entries(path) if file.is_file())


def cut_clips(film: np.ndarray, length: int, most: int) -> np.ndarray:
    """Frames (T, ...) as clips (n, length, ...) that do not overlap, n <= most, evenly from the first to the last."""
    count = len(film) // length
    places = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
    return np.stack([film[place * length : (place + 1) * length] for place in places])


def split_groups(shown: dict[str, set[str]], test: float, validation: float, raw: Path) -> dict[str, str]:
    """Group -> split. Groups come in the order of a hash of their names, so that a new group moves few others.

    The test split has two groups or more, because swaps need two. A split gets further groups until it shows every
    class. Raises UserError where then a class is missing in a split.

    Arguments:
        shown: group -> the classes that it has videos of.
        test, validation: shares of the groups.
    """
    classes = set.union(*shown.values())
    left = sorted(shown, key=lambda group: hashlib.sha256(group.encode()).digest())
    parts = {}
    for split, least in (
        ("test", max(2, round(test * len(shown)))),
        ("validation", max(1, round(validation * len(shown)))),
    ):
        covered: set[str] = set()
        taken: list[str] = []
        for group in left:
            if len(taken) < least or shown[group] - covered:
                taken.append(group)
                covered |= shown[group]
        parts |= dict.fromkeys(taken, split)
        left = [group for group in left if group not in parts]
    parts |= dict.fromkeys(left, "train")
    for split in ("train", "validation", "test"):
        here = set().union(*(shown[group] for group, part in parts.items() if part == split))
        if missing := sorted(classes - here):
            count = sum(missing[0] in found for found in shown.values())
            raise UserError(
                f"{raw}: class '{missing[0]}' has videos of {count} groups, too few for three splits; give every class"
                " four groups or more"
            )
    return parts


def _refuse_doubles(x: np.ndarray, used: list[Found]) -> None:
    """Raises UserError where two groups have a clip with the same frames, such as that of a copied file."""
    seen: dict[bytes, Found] = {}
    for clip, video in zip(x, used, strict=True):
        other = seen.setdefault(hashlib.sha256(clip.tobytes()).digest(), video)
        if other.group != video.group:
            raise UserError(f"{video.path}: has the same frames as {other.path}; remove one of the two")


def _report(raw: Path, used: int, found: int, clips: list[Found], left_out: dict[str, str]) -> None:
    print(f"{raw}: {found} videos found, {used} used, {len(clips)} clips", file=sys.stderr)
    for path, reason in left_out.items():
        print(f"{raw / path}: left out ({reason})", file=sys.stderr)
