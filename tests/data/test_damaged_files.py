"""Damaged and crafted raw files are one line, and take neither much memory nor much time."""

import gzip
import struct
import zlib

import numpy as np
import pytest

from latentmotion.core.errors import UserError
from latentmotion.data.audio.recordings import decode
from latentmotion.data.audio.wav import write_wav
from latentmotion.data.readers.idx import read_idx
from latentmotion.data.readers.images import read_picture


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, content: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")


def test_a_picture_of_far_too_many_pixels_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(png(40_000, 40_000))
    with pytest.raises(UserError, match="a.png: "):
        read_picture(tmp_path / "a.png", "PNG", ("RGB",))
    (tmp_path / "a.png").write_bytes(png(9000, 10))
    with pytest.raises(UserError, match="9000 x 10 pixels, more than 8192 a side"):
        read_picture(tmp_path / "a.png", "PNG", ("RGB",))


@pytest.fixture
def wav(tmp_path) -> bytes:
    write_wav(tmp_path / "a.wav", np.sin(np.arange(400)), 8000)
    return (tmp_path / "a.wav").read_bytes()


def test_a_chunk_of_four_gigabytes_is_one_line(wav):
    place = wav.index(b"data") + 4
    with pytest.raises(UserError, match="a.wav: "):
        decode(wav[:place] + b"\xff\xff\xff\xff" + wav[place + 4 :], "a.wav", 8000)


@pytest.mark.parametrize("field", ["1024", "9" * 5000, "-5", "²"])
def test_numbers_of_a_sphere_header_are_short_and_whole(field):
    lines = ["NIST_1A", "   1024", f"sample_rate -i {field}", "channel_count -i 1", "sample_n_bytes -i 2"]
    lines += [f"sample_count -i {field}", "sample_byte_format -s2 01", "end_head"]
    content = "\n".join(lines).encode("latin-1").ljust(1024) + bytes(100)
    with pytest.raises(UserError, match="a.wav: ") as caught:
        decode(content, "a.wav", 8000)
    assert len(str(caught.value)) < 300
    with pytest.raises(UserError, match="does not state its length"):
        decode(f"NIST_1A\n{'9' * 5000}\n".encode(), "a.wav", 8000)


@pytest.mark.parametrize("sizes", [(1 << 31, 1 << 31, 4), (60_000, 28, 1 << 20)])
def test_sizes_of_an_idx_file_that_multiply_to_too_much_are_refused(sizes, tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(struct.pack(">HBBIII", 0, 8, 3, *sizes)))
    with pytest.raises(UserError, match="a.gz: states .* numbers, too many"):
        read_idx(tmp_path / "a.gz", 3)


def test_an_idx_file_that_unpacks_to_more_than_it_states_is_not_read_to_its_end(tmp_path, monkeypatch):
    (tmp_path / "a.gz").write_bytes(gzip.compress(struct.pack(">HBBI", 0, 8, 1, 10) + bytes(50_000_000)))
    with pytest.raises(UserError, match="should hold 10 numbers, not more"):
        read_idx(tmp_path / "a.gz", 1)
