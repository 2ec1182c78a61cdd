"""The lock of the environment: every package of the set-up has the version of constraints.txt and its hashes."""

import re
import tomllib

import pytest
from support.project import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def pins(text: str) -> set[tuple[str, str]]:
    """(name, version) of every pinned package; a version for CPUs alone counts as the version."""
    found = re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\+]+)", text, re.MULTILINE)
    return {(name.replace("_", "-").replace(".", "-"), version) for name, version in found}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_entry_is_pinned_as_in_the_constraints_and_has_a_hash(lock):
    entries = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))[1:]
    assert entries and all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    tools = {"wheel"}  # which only the set-up needs
    known = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert {pin for pin in pins("\n".join(entries)) if pin[0] not in tools} <= known


def test_the_locks_have_every_package_of_the_extra_dev():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["report"], *extras["workflow"], *extras["dev"]]
    names = {re.match(r"[a-z0-9-]+", word).group() for word in wanted} - {project["name"]}
    locked = {name for lock in LOCKS for name, _ in pins(lock.read_text(encoding="utf-8"))}
    assert names <= locked


def test_the_set_up_installs_nothing_without_a_hash():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in text.splitlines() if line.startswith("\t$(PIP)")]
    assert len(installs) == 3 and "--no-deps" in text
    assert all("--require-hashes" in line or line.endswith("--no-build-isolation -e .") for line in installs)
