"""Fresh processes with other hash seeds, locales, folders and umasks make the same bits.

Compared are weights, histories, samples and records of every system, scores, a table and a figure.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from support.campaign import report
from support.every_system import SYSTEMS, prepare_all
from support.project import ROOT
from support.shared import once

PROCESSES = {
    "first": {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    "second": {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
    "a name with ä and spaces": {"PYTHONHASHSEED": "4242", "LC_ALL": "POSIX", "TZ": "America/Lima"},
}
UMASKS = {"first": 0o022, "second": 0o077, "a name with ä and spaces": 0o002}


def made(folder: Path, data: Path, name: str) -> dict:
    """What a process of its own makes, in a folder of this name, where the data have an address of its own too."""
    place = folder / name
    (place / "in").mkdir(parents=True)
    (place / "in/data").symlink_to(data)
    paths = [str(ROOT / "src"), str(ROOT / "tests")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"} | PROCESSES[name]
    command = [sys.executable, "-m", "support.bits", str(place / "in/data"), str(place / "out")]
    done = subprocess.run(command, cwd=ROOT, env=environment, umask=UMASKS[name], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_same_bits(tmp_path, tmp_path_factory):
    data = once(tmp_path_factory, "every-system", prepare_all)
    first, *others = [made(tmp_path, data, name) for name in PROCESSES]
    for other, name in zip(others, list(PROCESSES)[1:], strict=True):
        assert [key for key in first if first[key] != other[key]] == [], name
    report(f"bits: {len(PROCESSES)} processes, {len(SYSTEMS)} systems, {len(first)} kinds of output compared")
