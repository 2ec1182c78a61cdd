"""Spoken digits: six speakers say ten English digits, 50 times each, at 8 kHz.

The source is the Free Spoken Digit Dataset (github.com/Jakobovski, CC-BY-SA 4.0): 3,000 recordings with names
<digit>_<speaker>_<take>.wav. The source `drawn` is synthetic speech with the same labels and splits
(synthetic/speech.py).

The recordings are prepared as those of TIMIT (timit.py): 200 dimensions every 10 ms and segments of 20 frames. With 8
kHz sampling, the dimensions cover 4 kHz instead of the 8 kHz of TIMIT. Most recordings have one to three segments. The
64 recordings below 215 ms have none and are left out; 30 of them are a short "six".

The split is by recording: takes 0 to 4 are for the test, as in the README of the set, takes 5 to 9 for validation, and
the others for training. Every speaker is in every split, because with six speakers, two held-out speakers would give an
error rate of a single pair of voices. An equal error rate on this set is therefore that of known speakers in unseen
recordings, and no estimate for new speakers. As for TIMIT, levels are not normalised, and here they differ between
speakers: the median peak of the recordings is 3 % of full scale for one speaker and 47 % for another.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.audio import corpus
from latentmotion.data.audio.recordings import decode
from latentmotion.data.audio.spectrogram import Spectrogram
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.data.synthetic import speech as drawn

OPTIONS = {"takes": 50, "shift": 20}
RATE = 8000
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
DIGITS = tuple(drawn.DIGITS)
TAKES, HELD_OUT = 50, 5  # takes of each digit and speaker, and how many of them each are for test and validation
RECORDINGS = "fsdd/recordings.tar"
KNOWN = {f"{d}_{name}_{take}.wav" for d in range(len(DIGITS)) for name in SPEAKERS for take in range(TAKES)}


def prepare(raw: Path, settings: dict) -> Sequences:
    """All segments, (N, frames, size) float32.

    Options: `takes` is the number of takes of each digit and speaker; the first ones are used. `shift` is described in
    audio/corpus.py.

    Raises UserError for impossible settings, an archive that is missing or damaged, and a recording that is missing,
    has an unknown name, or cannot be read (audio/recordings.py).
    """
    takes = settings["options"]["takes"]
    if not 2 * HELD_OUT < takes <= TAKES:
        raise UserError(
            f"key 'datasets.spoken_digits.options.takes': {takes}; from {2 * HELD_OUT + 1}, since the first "
            f"{2 * HELD_OUT} are for test and validation, to {TAKES}"
        )
    cells = np.meshgrid(np.arange(len(SPEAKERS)), np.arange(len(DIGITS)), np.arange(takes), indexing="ij")
    speaker, digit, take = (axis.ravel() for axis in cells)
    if settings["source"] == "drawn":
        sounds = (drawn.digit(*map(int, cell), RATE) for cell in zip(speaker, digit, take, strict=True))
        names = tuple(f"speaker {i}" for i in range(len(SPEAKERS)))
    else:
        files = [f"{d}_{SPEAKERS[s]}_{t}.wav" for s, d, t in zip(speaker, digit, take, strict=True)]
        sounds, names = _recordings(raw / RECORDINGS, files), SPEAKERS
    utterances = corpus.Utterances(
        labels={"speaker": speaker, "digit": digit},
        specs={"speaker": LabelSpec("content", names), "digit": LabelSpec("aside", DIGITS)},
        ids=(speaker * len(DIGITS) + digit) * TAKES + take,
        split=np.array(["test", "validation", "train"])[np.minimum(take // HELD_OUT, 2)],
    )
    facts = {
        "group": f"utterance: (speaker * {len(DIGITS)} + digit) * {TAKES} + take",
        "split": "by recording: every speaker is in every split",
        "source": "Free Spoken Digit Dataset, CC-BY-SA 4.0"
        if settings["source"] == "real"
        else "synthesised by this project; not the Free Spoken Digit Dataset",
    }
    return corpus.prepare(sounds, utterances, Spectrogram(RATE, settings["size"]), settings, facts)


def _recordings(archive: Path, names: list[str]) -> Iterator[np.ndarray]:
    """The samples of the recordings with these names."""
    try:
        with tarfile.open(archive, "r:") as tar:
            members = {member.name: member for member in tar if member.isfile()}
            if unknown := sorted(set(members) - KNOWN):
                raise UserError(f"{archive}: {unknown[0]} is no digit, speaker and take of the set; fetch it again")
            if absent := [name for name in names if name not in members]:
                raise UserError(f"{archive}: {len(absent)} recordings are missing, {absent[0]} first; fetch it again")
            for name in names:
                yield decode(tar.extractfile(members[name]).read(), f"{archive}: {name}", RATE)
    except FileNotFoundError:
        raise UserError(f"{archive}: missing; fetch it with 'latentmotion fetch --dataset spoken_digits'") from None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"{archive}: damaged ({error}); delete it and fetch it again") from None
