"""Reads and writes RIFF WAV files of uncompressed PCM, with the module `wave` of the standard library."""

import io
import struct
import wave
from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic
from latentmotion.data.audio.pcm import Pcm

MAGIC = b"RIFF"
PCM, EXTENSIBLE = b"\x01\x00", b"\xfe\xff"


def parse(content: bytes, name: str) -> Pcm:
    """The PCM in the content of a WAV file. Raises UserError for a damaged header and for other codings."""
    try:
        with wave.open(io.BytesIO(_without_extension(content))) as file:
            count, width = file.getnframes(), file.getsampwidth()
            samples = file.readframes(count)
            return Pcm(file.getframerate(), file.getnchannels(), width, count, "<i2", samples)
    except wave.Error as error:
        raise UserError(f"{name}: not uncompressed PCM, or damaged ({error}); convert it to PCM of 16 bits") from None
    except (EOFError, RuntimeError, ValueError, OverflowError, MemoryError, struct.error):
        raise UserError(f"{name}: truncated or damaged in its header; copy it again") from None


def _without_extension(content: bytes) -> bytes:
    """A file of the extensible format whose samples are PCM, marked as plain PCM; any other file as it is.

    The chunk `fmt ` begins with the format (0xFFFE where it is extensible); the format proper is 24 bytes further.
    Python reads the extensible format from 3.12 on.
    """
    place = content.find(b"fmt ", 12, 4096) + 8
    if place < 8 or content[place : place + 2] != EXTENSIBLE or content[place + 24 : place + 26] != PCM:
        return content
    return content[:place] + PCM + content[place + 2 :]


def write_wav(path: Path, sound: np.ndarray, rate: int) -> None:
    """Writes one channel of 16 bits, whole or not at all. Samples (n,) outside [-1, 1] are clipped."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    write_atomic(Path(path), buffer.getvalue())
