"""When a record was made, and in which commit: git knows it of records that came with a clone."""

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Made:
    """The end of the work that a record describes, in milliseconds since 1970, and the commit of the record."""

    end: int
    commit: str

    def start(self, seconds: float) -> int:
        """When work began that took so many seconds until the end."""
        return self.end - round(1000 * seconds)


class Commits:
    """What git says of the files in some folders; without git, or for a file that it does not know, nothing."""

    def __init__(self, *folders: str):
        self.folders = [folder for folder in folders if Path(folder).is_dir()]

    def made(self, file: Path) -> Made:
        """When a file was made.

        A file that is as it was committed was made before that commit: its own time would be that of the clone. Of any
        other file its own time counts, and the commit is that of the checkout.
        """
        if file.as_posix() in self._committed and file.as_posix() not in self._changed:
            return self._committed[file.as_posix()]
        return Made(round(file.stat().st_mtime * 1000), self._head)

    @cached_property
    def _committed(self) -> dict[str, Made]:
        """File -> its last commit."""
        found: dict[str, Made] = {}
        made = None
        for line in _git("log", "--format=%x00%H %ct", "--name-only", "--relative", "--", *self.folders):
            if line.startswith("\0"):
                commit, seconds = line[1:].split()
                made = Made(1000 * int(seconds), commit)
            elif line and made:
                found.setdefault(line, made)
        return found

    @cached_property
    def _changed(self) -> set[str]:
        return set(_git("diff", "--name-only", "--relative", "HEAD", "--", *self.folders))

    @cached_property
    def _head(self) -> str:
        return "".join(_git("rev-parse", "HEAD"))


def _git(*words: str) -> list[str]:
    """The lines that git prints; none where it fails."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, encoding="utf-8")
    except FileNotFoundError:
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
