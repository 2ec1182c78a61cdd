"""The commit whose code makes a page."""

import subprocess

SOURCES = ("src", "params.yaml", "config", "data")  # what decides what a report shows


def version() -> str:
    """The last commit and its date, such as "commit 1a2b3c4 of 2026-11-28"; empty outside of a repository.

    Changes of the sources that are not committed are stated.
    """
    last = _git("log", "-1", "--format=commit %h of %cs")
    if last is None or last.returncode:
        return ""
    changed = _git("diff", "--quiet", "HEAD", "--", *SOURCES)
    return last.stdout.strip() + (" with changes" if changed is None or changed.returncode else "")


def _git(*arguments: str) -> subprocess.CompletedProcess | None:
    """None where there is no git."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True)
    except OSError:
        return None
