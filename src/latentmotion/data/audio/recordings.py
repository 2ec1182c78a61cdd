"""Reads recordings in RIFF WAV or NIST SPHERE files; the format is recognised by the content of a file.

A recording must have one channel of 16 bits and the sampling rate of its data set. Nothing is resampled, because a
spectrogram would show traces of it.
"""

from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.audio import sphere, wav

SILENT = 1e-3  # of full scale; a recording that never exceeds it is silent
_PARSERS = {wav.MAGIC: wav.parse, sphere.MAGIC: sphere.parse}


def read_sound(path: Path, rate: int) -> np.ndarray:
    """The samples (n,) of a file. Raises UserError for a missing file and as `decode` does."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: missing; copy it again") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); copy it again") from None
    return decode(content, str(path), rate)


def decode(content: bytes, name: str, rate: int) -> np.ndarray:
    """The samples (n,), float32 in [-1, 1), of the content of a sound file.

    Raises UserError, whose message begins with the name, for another format and for a recording that is compressed,
    stereo, of 8 bits, truncated, silent, or of another sampling rate.
    """
    parse = next((parser for magic, parser in _PARSERS.items() if content.startswith(magic)), None)
    if parse is None:
        raise UserError(f"{name}: neither a RIFF WAV nor a NIST SPHERE file; replace it by the original")
    pcm = parse(content, name)
    if pcm.rate != rate:
        raise UserError(f"{name}: {pcm.rate} Hz, not {rate} Hz; nothing is resampled, replace it by one of {rate} Hz")
    if pcm.channels != 1:
        raise UserError(f"{name}: {pcm.channels} channels, not 1; replace it by a mono recording")
    if pcm.width != 2:
        raise UserError(f"{name}: {8 * pcm.width} bits a sample, not 16; replace it by the original")
    there = len(pcm.content) // pcm.width
    if there < pcm.count:
        raise UserError(f"{name}: truncated, {there} of the {pcm.count} samples that its header states; copy it again")
    sound = np.frombuffer(pcm.content, pcm.order, pcm.count).astype(np.float32) / 32768
    if not np.any(np.abs(sound) > SILENT):
        raise UserError(f"{name}: silent, {pcm.count} samples within {SILENT:g} of full scale; replace or remove it")
    return sound
