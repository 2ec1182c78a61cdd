"""dvc.lock, brought up to date with what Snakemake has finished, so that DVC has nothing to run.

dvc.yaml is written by hand: each of its commands is a Snakemake target. DVC locks what it runs itself; what Snakemake
ran without it is committed here, stage by stage, and only where nothing is left to do.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from latentmotion.config.params import load
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError
from latentmotion.core.yaml_loader import read_yaml

DVCYAML, PARAMS = Path("dvc.yaml"), Path("params.yaml")


def dvc_commit() -> None:
    """Records every finished stage in dvc.lock. Under `dvc repro` it does nothing, since DVC locks what it ran."""
    if os.environ.get("DVC_STAGE") or not Path(".dvc").is_dir() or not DVCYAML.is_file():
        return
    described = stages(load())
    summary = _run("snakemake", "--summary", "--quiet", "all", "all")
    rows = [line.split("\t") for line in summary.splitlines()[1:]]
    pending = [row[0] for row in rows if row[-1] != "no update"]
    finished = [name for name, stage in described.items() if _finished(stage, pending)]
    changed = json.loads(_run("dvc", "status", "--json"))
    if news := [name for name in finished if name in changed]:
        # DVC writes its whole lock once for each stage that is named, which takes seconds, and once where none is.
        _run("dvc", "commit", "-f", "-q", *([] if len(finished) == len(described) else news))
    print(f"dvc.lock: {len(finished)} of {len(described)} stages are finished")


def stages(params: Params) -> dict[str, dict[str, list[str]]]:
    """Name of each stage of dvc.yaml, as DVC expands its templates -> `deps` and `outs`, paths alike.

    DVC reads params.yaml as it is written, with tables of own videos in a section of their own.
    """
    found = {}
    written = read_yaml(PARAMS)
    for name, stage in read_yaml(DVCYAML)["stages"].items():
        if "foreach" not in stage:
            found[name] = _filled(stage, scale=params.scale)
            continue
        section = written
        for part in stage["foreach"].removeprefix("${").removesuffix("}").split("."):
            section = section.get(part, {})
        for key in section:
            found[f"{name}@{key}"] = _filled(stage["do"], scale=params.scale, key=key)
    return found


def _filled(stage: dict, **values: str) -> dict[str, list[str]]:
    def path(entry: str | dict) -> str:
        text = entry if isinstance(entry, str) else next(iter(entry))
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        return text

    outs = [entry for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])]
    return {"deps": [path(entry) for entry in stage["deps"]], "outs": [path(entry) for entry in outs]}


def _finished(stage: dict[str, list[str]], pending: list[str]) -> bool:
    waiting = any(file == out or file.startswith(f"{out}/") for file in pending for out in stage["outs"])
    return not waiting and all(Path(path).exists() for path in [*stage["outs"], *stage["deps"]])


def _run(*command: str) -> str:
    bin_folder = Path(sys.executable).parent
    done = subprocess.run([bin_folder / command[0], *command[1:]], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise UserError(f"'{' '.join(command[:3])}' failed: {' '.join(last)}; run it by hand to see why")
    return done.stdout
