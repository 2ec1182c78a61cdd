"""TIMIT: sentences that many speakers read, at 16 kHz. No speaker is in two splits.

The source is the DARPA TIMIT acoustic-phonetic continuous speech corpus (Garofolo et al., LDC93S1, 1993), which is
licensed. Its files must have their original layout raw/[TIMIT/]<TRAIN or TEST>/DR<1..8>/<speaker>/<sentence>.WAV, in
upper or lower case, in the format NIST SPHERE, as published, or RIFF. The source `drawn` is synthetic speech with the
same labels and splits (synthetic/speech.py).

As in Hsu et al. (2017), whose protocol R-WAE follows, log-magnitude spectrograms have 200 dimensions every 10 ms, and a
segment has 20 frames. The SA sentences, which all speakers read, are left out, so that there are eight sentences of
each speaker. The 462 speakers under TRAIN are for training. The test split has the 24 speakers of the core test set in
the documentation of the corpus, and the validation split the 50 speakers of the usual development set, both from TEST.
The other 94 speakers of TEST are not used.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.audio import corpus
from latentmotion.data.audio.recordings import read_sound
from latentmotion.data.audio.spectrogram import Spectrogram
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.data.synthetic import speech as drawn

OPTIONS = {"speakers": 462, "shift": 20}
RATE = 16000
SENTENCES = 8  # of each speaker, without the two SA sentences
SEXES = ("F", "M")
CORE_TEST = (
    "FDHC0", "FELC0", "FJLM0", "FMGD0", "FMLD0", "FNLP0", "FPAS0", "FPKT0", "MBPM0", "MCMJ0", "MDAB0", "MGRT0",
    "MJDH0", "MJLN0", "MJMP0", "MKLT0", "MLLL0", "MLNT0", "MNJM0", "MPAM0", "MTAS1", "MTLS0", "MWBT0", "MWEW0",
)  # fmt: skip
DEVELOPMENT = (
    "FADG0", "FAKS0", "FCAL1", "FCMH0", "FDAC1", "FDMS0", "FDRW0", "FEDW0", "FGJD0", "FJEM0", "FJMG0", "FJSJ0",
    "FKMS0", "FMAH0", "FMML0", "FNMR0", "FREW0", "FSEM0", "MAJC0", "MBDG0", "MBNS0", "MBWM0", "MCSH0", "MDLF0",
    "MDLS0", "MDVC0", "MERS0", "MGJF0", "MGLB0", "MGWT0", "MJAR0", "MJFC0", "MJSW0", "MMDB1", "MMDM2", "MMJR0",
    "MMWH0", "MPDF0", "MRCS0", "MREB0", "MRJM4", "MRJR0", "MROA0", "MRTK0", "MRWS1", "MTAA0", "MTDT0", "MTEB0",
    "MTHC0", "MWJG0",
)  # fmt: skip
ABSENT = (
    "the licensed TIMIT corpus is not there; get it from its owners (catalog.ldc.upenn.edu/LDC93S1) and put its "
    "folders TRAIN and TEST under data/raw/timit/"
)


def prepare(raw: Path, settings: dict) -> Sequences:
    """All segments, (N, frames, size) float32.

    Options: `speakers` is the number of training speakers, for the real corpus evenly from its list by dialects.
    `shift` is described in audio/corpus.py.

    Raises UserError where the corpus is missing or incomplete, for an unknown folder, a speaker in two places, and a
    recording that is too short or cannot be read (audio/recordings.py).
    """
    spectrogram, count = Spectrogram(RATE, settings["size"]), settings["options"]["speakers"]
    if settings["source"] == "drawn":
        speakers = [f"{SEXES[i % 2]}{i:03d}" for i in range(count + len(DEVELOPMENT) + len(CORE_TEST))]
        sounds = (drawn.sentence(i, number, RATE) for i in range(len(speakers)) for number in range(SENTENCES))
        source = "synthesised by this project; not TIMIT"
    else:
        speakers, files = _corpus(raw, count)
        sounds = _sounds(files, spectrogram, settings["frames"])
        source = "TIMIT (LDC93S1), licensed"
    names = tuple(sorted(speakers))
    speaker = np.repeat([names.index(name) for name in speakers], SENTENCES)
    splits = np.repeat(["train", "validation", "test"], [count, len(DEVELOPMENT), len(CORE_TEST)])
    utterances = corpus.Utterances(
        labels={"speaker": speaker, "sex": np.repeat([SEXES.index(name[0]) for name in speakers], SENTENCES)},
        specs={"speaker": LabelSpec("aside", names), "sex": LabelSpec("content", SEXES)},
        ids=np.arange(len(speaker)),
        split=np.repeat(splits, SENTENCES),
    )
    facts = {
        "group": f"utterance: {SENTENCES} of each speaker",
        "split": "by speaker: none is in two splits",
        "source": source,
    }
    return corpus.prepare(sounds, utterances, spectrogram, settings, facts)


def _corpus(raw: Path, count: int) -> tuple[list[str], list[Path]]:
    """The speakers of training, validation and test, in this order, and the sentences of each."""
    root = _child(raw, "timit") or raw
    halves = {half: _child(root, half) for half in ("train", "test")}
    if None in halves.values():
        raise UserError(f"{raw}: {ABSENT}")
    found = {half: _speakers(folder) for half, folder in halves.items()}
    if both := sorted(set(found["train"]) & set(found["test"])):
        raise UserError(f"{raw}: speaker {both[0]} is in TRAIN and in TEST, so in two splits; copy the corpus again")
    if absent := [name for name in (*DEVELOPMENT, *CORE_TEST) if name not in found["test"]]:
        raise UserError(
            f"{halves['test']}: {len(absent)} speakers of the standard splits are missing, {absent[0]} first; copy them"
        )
    train = list(found["train"])
    if count > len(train):
        raise UserError(
            f"key 'datasets.timit.options.speakers': {count}, but {halves['train']} holds {len(train)}; copy the whole "
            "corpus or lower it"
        )
    train = [train[i * len(train) // count] for i in range(count)]
    chosen = {name: found["train"][name] for name in train}
    chosen |= {name: found["test"][name] for name in (*DEVELOPMENT, *CORE_TEST)}
    return list(chosen), [file for folder in chosen.values() for file in _sentences(folder)]


def _child(folder: Path, name: str) -> Path | None:
    """The folder of this name in upper or lower case; None where there is none."""
    return next((f for f in _folders(folder) if f.name.lower() == name), None)


def _folders(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((f for f in found if f.is_dir() and not f.name.startswith(".")), key=lambda f: f.name.upper())


def _speakers(half: Path) -> dict[str, Path]:
    """Speaker -> folder, in the order of dialects."""
    speakers: dict[str, Path] = {}
    for dialect in _folders(half):
        if not re.fullmatch("DR[1-8]", dialect.name.upper()):
            raise UserError(f"{dialect}: unknown dialect folder; the corpus has DR1 to DR8, copy it again")
        for folder in _folders(dialect):
            name = folder.name.upper()
            if not re.fullmatch("[FM][A-Z]{3}[0-9]", name):
                raise UserError(f"{folder}: no speaker is called so; the corpus has names such as FCJF0, copy it again")
            if name in speakers:
                raise UserError(f"{folder}: speaker {name} is in {speakers[name]} too; copy the corpus again")
            speakers[name] = folder
    return speakers


def _sentences(folder: Path) -> list[Path]:
    """The SI and SX sentences of a speaker, sorted by name."""
    files = sorted(f for f in folder.iterdir() if re.fullmatch(r"S[IX]\d+\.WAV", f.name.upper()))
    if len(files) != SENTENCES:
        raise UserError(f"{folder}: {len(files)} SI and SX sentences, not {SENTENCES}; copy the speaker's folder again")
    return files


def _sounds(files: list[Path], spectrogram: Spectrogram, frames: int) -> Iterator[np.ndarray]:
    """The samples of the sentences. Raises UserError for a sentence that is shorter than a segment."""
    for file in files:
        sound = read_sound(file, RATE)
        if spectrogram.frames(len(sound)) < frames:
            raise UserError(
                f"{file}: {len(sound)} samples, shorter than a segment of {spectrogram.samples(frames)}; copy it again"
            )
        yield sound
