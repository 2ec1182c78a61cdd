"""What an attacker might hand to the project: pickles that act when they are opened, names, and archives."""

import builtins
import functools
import io
import os
import pickle
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch


class _Acts:
    """Calls a function with arguments when it is unpickled."""

    def __init__(self, function: Callable, *arguments: object):
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


def pickles(canary: Path) -> dict[str, bytes]:
    """Name -> a pickle which, when it is opened as pickles are, leaves something in the folder `canary`."""
    new = iter(str(canary / f"c{number}") for number in range(99))
    inner = pickle.dumps(_Acts(os.system, f"touch {next(new)}"))
    acts = {
        "system": _Acts(os.system, f"touch {next(new)}"),
        "call": _Acts(subprocess.call, ["touch", next(new)]),
        "popen": _Acts(subprocess.check_output, ["touch", next(new)]),
        "eval": _Acts(eval, f"open({next(new)!r}, 'w')"),
        "exec": _Acts(exec, f"open({next(new)!r}, 'w')"),
        "open": _Acts(open, next(new), "w"),
        "FileIO": _Acts(io.FileIO, next(new), "w"),
        "mkdir": _Acts(os.mkdir, next(new)),
        "symlink": _Acts(os.symlink, "/etc", next(new)),
        "copy": _Acts(shutil.copyfile, __file__, next(new)),
        "mkdtemp": _Acts(tempfile.mkdtemp, "", "c", str(canary)),
        "touch": _Acts(Path.touch, Path(next(new))),
        "getattr": _Acts(functools.partial(getattr(builtins, "exec"), f"open({next(new)!r}, 'w')")),  # noqa: B009
        "nested": _Acts(pickle.loads, inner),
        "torch": _Acts(torch.save, [], next(new)),
        "numpy": _Acts(np.save, next(new), [1]),
    }
    found = {name: pickle.dumps(act, protocol=4) for name, act in acts.items()}
    found |= {f"system, protocol {p}": pickle.dumps(_Acts(os.system, f"touch {next(new)}"), p) for p in (0, 1, 2, 5)}
    return found


NAMES = [
    "../x", "../../outside", "/etc", "/tmp/outside", "a/../../b", "./x", "x/", "x//y", "~", "~root", ".", "..", "",
    " ", "x y", "x\n", "x\ny", "x\r", "x\t", "x\0", "$(touch canary)", "`touch canary`", "; touch canary", "x;y",
    "| touch canary", "&& touch canary", "'", '"', "x'y", "{x}", "{wildcards.model}", "%s", "*", "x?", "-x", "--out",
    "X", "ü", "\u202ex", "a" * 300,
]  # fmt: skip


def archives() -> dict[str, bytes]:
    """Name -> an uncompressed archive which tries to write elsewhere, to fill the disk, or to confuse its reader."""
    top = "toy-1/recordings"
    tricks: dict[str, list[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]]] = {
        "parent": [_file(f"{top}/../../../outside")],
        "parent as a name": [_file(f"{top}/..")],
        "absolute": [_file("/tmp/outside")],
        "absolute below": [_file("/toy-1/recordings/a.wav")],
        "symbolic link": [_link(f"{top}/a.wav", "/etc/passwd", tarfile.SYMTYPE)],
        "symbolic link to a folder": [_link(top, "/tmp", tarfile.SYMTYPE), _file(f"{top}/outside")],
        "hard link": [_link(f"{top}/a.wav", "/etc/passwd", tarfile.LNKTYPE)],
        "hard link to a later file": [_link(f"{top}/a.wav", f"{top}/b.wav", tarfile.LNKTYPE), _file(f"{top}/b.wav")],
        "device": [_link(f"{top}/a.wav", "", tarfile.CHRTYPE)],
        "block device": [_link(f"{top}/a.wav", "", tarfile.BLKTYPE)],
        "pipe": [_link(f"{top}/a.wav", "", tarfile.FIFOTYPE)],
        "twice": [_file(f"{top}/a.wav", b"1"), _file(f"{top}/a.wav", b"2")],
        "case": [_file(f"{top}/A.WAV"), _file(f"{top}/a.wav")],
        "newline": [_file(f"{top}/a\nb.wav")],
        "terminal": [_file(f"{top}/\x1b[2Ja.wav")],
        "command": [_file(f"{top}/$(touch canary).wav")],
        "long name": [_file(f"{top}/{'a' * 300}.wav")],
        "no name": [_file(f"{top}/")],
        "a folder of the name": [_link(f"{top}/a.wav", "", tarfile.DIRTYPE)],
        "unknown type": [_link(f"{top}/a.wav", "", b"Z")],
        "setuid": [_file(f"{top}/a.wav", mode=0o6777)],
        "not utf-8": [_file(f"{top}/\udcff.wav")],
    }
    found = {name: _archive(members) for name, members in tricks.items()}
    plain = _archive([_file(f"{top}/a.wav", b"first" * 200)])
    found["cut off"] = plain[:700]
    found["size beyond the end"] = _with_size(plain, b"77777777777\0")
    found["negative size"] = _with_size(plain, b"\xff" * 12)
    found["a bomb"] = _archive([_file(f"{top}/a.wav", bytes(60_000_000))])
    return found


def _file(name: str, content: bytes = b"x", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    return member, content


def _link(name: str, target: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def _archive(members: list) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", errors="surrogateescape") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _with_size(archive: bytes, size: bytes) -> bytes:
    """The archive with another size in its first header, whose check sum is right."""
    header = bytearray(archive[:512])
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header) + archive[512:]
