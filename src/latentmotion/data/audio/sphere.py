"""Reads NIST SPHERE files, the format of TIMIT: a header in text, followed by samples.

The first line is NIST_1A, the second the length of the header in bytes (usually 1024). Each other line is a field: its
name, its type (-i, -r, or -s with the length) and its value, until `end_head`. Without a field `sample_coding` the
samples are linear PCM. Files that are compressed with `shorten` ("pcm,embedded-shorten-v2.00") cannot be read; the tool
sph2pipe of NIST unpacks them.
"""

import re

from latentmotion.core.errors import UserError
from latentmotion.data.audio.pcm import Pcm

MAGIC = b"NIST_1A"
_ORDERS = {"01": "<i2", "10": ">i2"}


def parse(content: bytes, name: str) -> Pcm:
    """The PCM in the content of a SPHERE file. Raises UserError for a damaged header and a compressed file."""
    fields, start = _header(content, name)
    coding = fields.get("sample_coding", "pcm")
    if "shorten" in coding:
        raise UserError(f"{name}: compressed with shorten ({coding}); unpack it with sph2pipe -p and put it there")
    if coding != "pcm":
        raise UserError(f"{name}: coded as {coding}, not pcm; convert it with sph2pipe -p and put it there")
    try:
        rate, channels, width, count = (
            _whole(fields, field) for field in ("sample_rate", "channel_count", "sample_n_bytes", "sample_count")
        )
        order = _ORDERS[fields["sample_byte_format"]] if width == 2 else "<i2"
    except (KeyError, ValueError) as error:
        raise UserError(f"{name}: its SPHERE header lacks or misstates {error}; copy it again") from None
    return Pcm(rate, channels, width, count, order, content[start : start + count * channels * width])


def _whole(fields: dict[str, str], field: str) -> int:
    """The value of a field that is a whole number from 0 on, of at most 12 digits."""
    if not re.fullmatch(r"[0-9]{1,12}", fields[field], re.ASCII):
        raise ValueError(f"'{field}'")
    return int(fields[field])


def _header(content: bytes, name: str) -> tuple[dict[str, str], int]:
    """Field -> value, and the position at which the samples start."""
    lines = content[:65536].decode("latin-1").split("\n")
    if len(lines) < 2 or not re.fullmatch(r" *[0-9]{1,7} *", lines[1]):
        raise UserError(f"{name}: its SPHERE header does not state its length; copy it again")
    start = int(lines[1])
    fields = {}
    for line in content[:start].decode("latin-1").split("\n")[2:]:
        if line.strip() == "end_head":
            return fields, start
        parts = line.split(None, 2)
        if len(parts) == 3:
            fields[parts[0]] = parts[2].strip()
    raise UserError(f"{name}: truncated in its SPHERE header, which has no end_head; copy it again")
