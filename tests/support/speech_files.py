"""Recordings that imitate those of real corpora: their formats, names and folders, filled with noise."""

import struct
from pathlib import Path

import numpy as np

from latentmotion.data.archives import pack_folder
from latentmotion.data.audio.wav import write_wav
from latentmotion.data.datasets import spoken_digits, timit

OTHER = ("FAAA0", "MBBB1")  # of TEST, in no split


def noise(*key: int, samples: int) -> np.ndarray:
    """(samples,) int16, its own for each key."""
    draw = np.random.default_rng(key)
    return (draw.standard_normal(samples) * draw.uniform(500, 3000)).astype(np.int16)


def riff(
    samples: np.ndarray, rate: int = 16000, channels: int = 1, width: int = 2, coding: int = 1, extension: bytes = b""
) -> bytes:
    """A WAV file, byte by byte; the format of the extensible format is in its extension."""
    body = samples.astype("<i2" if width == 2 else "u1").tobytes()
    block = channels * width
    form = struct.pack("<HHIIHH", coding, channels, rate, rate * block, block, 8 * width) + extension
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def sphere(samples: np.ndarray, rate: int = 16000, order: str = "01", **fields) -> bytes:
    """A SPHERE file, its header as TIMIT's; `fields` replace some of them, None leaves one out."""
    typed = {"database_id": "TIMIT", "channel_count": 1, "sample_count": len(samples), "sample_rate": rate}
    typed |= {"sample_n_bytes": 2, "sample_byte_format": order, "sample_sig_bits": 16} | fields
    lines = ["NIST_1A", "   1024"]
    for name, value in typed.items():
        if value is not None:
            lines.append(f"{name} {'-i' if isinstance(value, int) else f'-s{len(value)}'} {value}")
    header = "\n".join([*lines, "end_head", ""]).encode()
    return header.ljust(1024) + samples.astype("<i2" if order == "01" else ">i2").tobytes()


def make_timit(folder: Path, form=sphere, lower: bool = False, speakers: int = 6) -> None:
    """TIMIT's layout: all speakers of validation and test, two that are in neither, and some for training."""
    train = [f"{'FM'[i % 2]}TR{chr(65 + i)}0" for i in range(speakers)]
    halves = {"TRAIN": train, "TEST": [*timit.DEVELOPMENT, *timit.CORE_TEST, *OTHER]}
    for half, names in halves.items():
        for number, name in enumerate(names):
            place = Path(half) / f"DR{number % 8 + 1}" / name
            place = folder / (str(place).lower() if lower else place)
            place.mkdir(parents=True)
            for sentence in ("SA1", "SA2", *(f"SI{n}" for n in range(1000, 1003)), *(f"SX{n}" for n in range(5, 10))):
                key = [half == "TEST", number, *sentence.encode()]
                name = f"{sentence}.WAV"
                samples = noise(*key, samples=3440 + 3200 * (number % 2))
                (place / (name.lower() if lower else name)).write_bytes(form(samples))


def make_digits(folder: Path, takes: int = 12) -> None:
    """The archive of spoken digits, with the first takes of each."""
    recordings = folder / "recordings"
    recordings.mkdir(parents=True)
    for s, speaker in enumerate(spoken_digits.SPEAKERS):
        for digit in range(10):
            for take in range(takes):
                sound = noise(s, digit, take, samples=1720 + 1600 * (take % 2)) / 32768
                write_wav(recordings / f"{digit}_{speaker}_{take}.wav", sound, spoken_digits.RATE)
    archive = folder / spoken_digits.RECORDINGS
    archive.parent.mkdir()
    pack_folder(recordings, archive)
