"""Faces: people who show six expressions, from neutral to apex, several takes each.

The source is the licensed MUG facial expression database (Aifanti, Papachristou and Delopoulos, 2010) in its own layout
raw/<subject>/<expression>/take<n>/<frame>.jpg. As in HALO, section 4, takes are halved in time, cut at a random place
and resized. They are cut to 16 frames, the length over which predictions are scored (its table 1), and models learn
from the first `frames` of these. Departure: HALO crops the face with a detector that it does not name; here the largest
centred square is taken. `drawn` is this project's own set with the same labels and splits (synthetic/faces.py).

The split is by take and not by person. A judge of 52 identities must know its people, so each of them is in every
split, and HALO's 0.998 for identity can only be read that way. Of a person's takes of an expression, the last one is
for the test, the one before it for validation, and all others for training. Where a real person has only two takes of
an expression, they are for test and training, and a single take is for training.
"""

import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.files import file_digest
from latentmotion.data.readers.images import read_picture
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.data.synthetic import faces as drawn

OPTIONS = {"people": 52, "takes": 5, "continued": 16}
EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
SKIPPED = ("neutral", "mixed")  # these are recorded with the others, but are no expressions of the task
EVERY = 2  # every second recorded frame is used
SEED = 20100412
ABSENT = (
    "the licensed MUG facial expression database is not there; ask its owners for it (mug.ee.auth.gr/fed) and put it "
    "under data/raw/faces/<subject>/<expression>/take<n>/<frame>.jpg"
)


def prepare(raw: Path, settings: dict) -> Sequences:
    """Returns all takes, (N, frames, 3, size, size) uint8, and their continuations.

    Options: `people` is the number of people, of a real set the first of the database. `continued` is how many frames
    of a take are kept for prediction. `takes` is the number of drawn takes of each expression.

    Raises UserError when the database is absent, for an unknown folder, a missing frame, two files with one frame
    number, a take that is a copy, a clip that is too short, and a picture that is truncated or of another mode.
    """
    frames, length = settings["frames"], settings["options"]["continued"]
    if length < frames:
        raise UserError(f"key 'datasets.faces.options.continued': {length} is less than the {frames} frames; raise it")
    if settings["source"] == "drawn":
        person, expression, take, names, clips = _drawn(settings, length)
    else:
        person, expression, take, names, clips = _real(raw, settings, length)
    labels = {"action": expression, "identity": person}
    specs = {"action": LabelSpec("motion", EXPRESSIONS), "identity": LabelSpec("content", names)}
    facts = {
        "group": "take: one recording of one person and expression",
        "split": "by take: every person is in train, so identity is that of known people",
        "source": "MUG facial expression database, licensed"
        if settings["source"] == "real"
        else "drawn by this project; not the MUG faces",
    }
    return Sequences(
        clips[:, :frames],
        labels,
        specs,
        group=np.arange(len(clips)),
        split=_split(person, expression, take),
        facts=facts,
        continued=clips if length > frames else None,
    )


def _split(person: np.ndarray, expression: np.ndarray, take: np.ndarray) -> np.ndarray:
    """Names the split of each take, as the module's docstring describes."""
    cell = person * len(EXPRESSIONS) + expression
    split = np.full(len(person), "train", dtype="<U10")
    for value in np.unique(cell):
        members = np.flatnonzero(cell == value)
        members = members[np.argsort(take[members], kind="stable")]
        if len(members) > 1:
            split[members[-1]] = "test"
        if len(members) > 2:
            split[members[-2]] = "validation"
    return split


def _drawn(settings: dict, length: int):
    people, takes = settings["options"]["people"], settings["options"]["takes"]
    if takes < 3:
        raise UserError(f"key 'datasets.faces.options.takes': 3 or more, one for each split; got {takes}")
    cells = np.meshgrid(np.arange(people), np.arange(len(EXPRESSIONS)), np.arange(takes), indexing="ij")
    person, expression, take = (axis.ravel() for axis in cells)
    clips = drawn.draw(person, expression, take, settings["frames"], length, settings["size"])
    return person, expression, take, tuple(f"person {i}" for i in range(people)), clips


def _real(raw: Path, settings: dict, length: int):
    subjects = _subjects(raw)[: settings["options"]["people"]]
    found = [
        (person, EXPRESSIONS.index(expression.name.lower()), number, take)
        for person, subject in enumerate(subjects)
        for expression in _folders(subject)
        if _is_expression(expression)
        for number, take in enumerate(_takes(expression))
    ]
    if not found:
        raise UserError(f"{raw}: {ABSENT}")
    _refuse_copies([take for *_, take in found])
    print(f"{raw}: {len(subjects)} subjects with {len(found)} takes are used")
    person, expression, take = np.array([clip[:3] for clip in found]).T
    clips = np.empty((len(found), length, 3, settings["size"], settings["size"]), np.uint8)
    for i, (*ids, folder) in enumerate(found):
        clips[i] = _clip(folder, ids, length, settings["size"])
    return person, expression, take, tuple(subject.name for subject in subjects), clips


def _subjects(raw: Path) -> list[Path]:
    """The folders of the subjects, in the database's own top folder where it was copied with it.

    Prints which other folders and which subjects without takes are left out.
    """
    tops = [raw, *_folders(raw)] if raw.is_dir() else []
    found = {top: [folder for folder in _folders(top) if re.fullmatch(r"\d+", folder.name)] for top in tops}
    top = next((top for top in tops if found[top]), None)
    if top is None:
        raise UserError(f"{raw}: {ABSENT}")
    full = [subject for subject in found[top] if any(subject.glob("*/*/*.jp*g")) or any(subject.glob("*/*.jp*g"))]
    for folder in _folders(top):
        if folder not in full:
            reason = "has no takes" if folder in found[top] else "is not named by a number, as subjects are"
            print(f"{folder}: {reason}; left out")
    return full


def _takes(expression: Path) -> list[Path]:
    """The folders of an expression's takes. Raises UserError where its frames are not in such folders."""
    if loose := next((file for file in expression.iterdir() if _is_frame(file)), None):
        raise UserError(
            f"{loose}: is in no take; put the frames of each take into a folder, {expression.name}/take000/"
        )
    return _folders(expression)


def _refuse_copies(takes: list[Path]) -> None:
    """Raises UserError where two takes begin, go on and end alike: a copied take could be in two splits."""
    seen: dict[tuple, Path] = {}
    for take in takes:
        if frames := sorted(file for file in take.iterdir() if _is_frame(file)):
            shown = tuple(file_digest(frames[place]) for place in (0, len(frames) // 2, -1))
            other = seen.setdefault((len(frames), *shown), take)
            if other != take:
                raise UserError(f"{take}: has the same pictures as {other}, so one is a copy; remove one")


def _is_frame(file: Path) -> bool:
    """Whether a file is a picture, and not one of those that macOS adds, whose names begin with a dot."""
    return file.suffix.lower() in (".jpg", ".jpeg") and not file.name.startswith(".")


def _folders(folder: Path) -> list[Path]:
    """Returns the folders in it in the order of their numbers, so that take2 comes before take10."""
    found = [f for f in folder.iterdir() if f.is_dir() and not f.name.startswith((".", "__MACOSX"))]
    return sorted(found, key=lambda f: (int((re.findall(r"\d+", f.name) or ["0"])[-1]), f.name))


def _is_expression(folder: Path) -> bool:
    name = folder.name.lower()
    if name in SKIPPED:
        return False
    if name not in EXPRESSIONS:
        raise UserError(f"{folder}: unknown expression '{folder.name}'; {nearest(name, (*EXPRESSIONS, *SKIPPED))}")
    return True


def _clip(folder: Path, ids: list[int], frames: int, size: int) -> np.ndarray:
    """Returns one take (frames, 3, size, size), every second frame from a place that is drawn for this take."""
    numbered = {}
    for file in folder.iterdir():
        if _is_frame(file):
            number = re.findall(r"\d+", file.stem)
            if not number:
                raise UserError(f"{file}: its name has no frame number; name frames as the database does, img_0000.jpg")
            other = numbered.setdefault(int(number[-1]), file)
            if other != file:
                first, second = sorted((other, file))
                raise UserError(f"{second}: has the same frame number as {first.name}; remove the one that is a copy")
    numbers = sorted(numbered)
    for before, after in zip(numbers, numbers[1:], strict=False):
        if after != before + 1:
            raise UserError(
                f"{folder}: frame {before + 1} is missing after {numbered[before].name}; copy the take again"
            )
    halved = numbers[::EVERY]
    if len(halved) < frames:
        raise UserError(
            f"{folder}: {len(numbers)} frames, too short: {frames} at every second frame take {EVERY * frames - 1}; "
            "copy the take again, remove its folder or lower datasets.faces.options.continued"
        )
    start = int(np.random.default_rng([SEED, *ids]).integers(len(halved) - frames + 1))
    return np.stack([_picture(numbered[number], size) for number in halved[start : start + frames]])


def _picture(path: Path, size: int) -> np.ndarray:
    """Returns the largest centred square of a picture, averaged down to (3, size, size) uint8."""
    picture = ImageOps.exif_transpose(read_picture(path, "JPEG", ("RGB", "L"))).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    if side < size:
        raise UserError(f"{path}: {picture.width} x {picture.height} pixels, smaller than size {size}; lower the size")
    square = picture.resize((size, size), Image.Resampling.BOX, (left, top, left + side, top + side))
    return np.asarray(square).transpose(2, 0, 1)
