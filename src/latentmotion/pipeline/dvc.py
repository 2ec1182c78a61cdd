"""dvc.yaml, written from the catalogue, and dvc.lock, brought up to date with what Snakemake has finished.

DVC's stages are coarse (a dataset, all judges, all runs of a model, a report) and each one's command is a Snakemake
target: Snakemake runs, DVC keeps. Outputs persist, so that DVC never clears what Snakemake would not make again. DVC
follows params.yaml and the scale it names; other scales are Snakemake's alone.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from latentmotion.config import catalogue, paths
from latentmotion.config.params import load
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic
from latentmotion.core.source_code import sources
from latentmotion.core.yaml_loader import read_yaml

DVCYAML = Path("dvc.yaml")
HEADER = "# Written by `latentmotion dvcyaml` from params.yaml and config/; edit those.\n"
PARAMS = Path("params.yaml")


def write_dvcyaml(check: bool = False) -> None:
    """Writes dvc.yaml; with `check`, only raises UserError when it is not what would be written."""
    content = HEADER + yaml.safe_dump({"stages": stages(load(PARAMS))}, sort_keys=False, width=120)
    if not check:
        write_atomic(DVCYAML, content.encode())
    elif not DVCYAML.is_file() or DVCYAML.read_text() != content:
        raise UserError(f"{DVCYAML}: not in step with {PARAMS} or the code; write it with 'latentmotion dvcyaml'")


def stages(params: Params) -> dict[str, dict]:
    """Stage name -> its description, in the order in which they run."""
    runs, real = catalogue.runs(params), list(catalogue.ids(params).values())
    datasets = {
        model: list(dict.fromkeys(run.dataset for run in runs if run.model == model)) for model in params.models
    }
    datasets = {model: used for model, used in datasets.items() if used}
    found = {f"prepare-{name}": _prepare(params, name) for name in params.datasets}
    judged = [dataset for dataset in real if catalogue.judged_labels(params, dataset)]
    found["judges"] = _stage(
        "judges",
        deps=[*(paths.processed(params, d) for d in judged), *sources("judge")],
        params=["judge", "compute"],
        outs=[paths.judges(params, d) for d in judged],
    )
    watched = catalogue.video_judged(params)
    found["video-judge"] = _stage(
        "video_judge",
        deps=[*(paths.processed(params, d) for d in watched), *sources("video_judge")],
        params=["video_judge", "compute"],
        outs=[paths.video_judge(params)],
    )
    for model, used in datasets.items():
        found[f"train-{model}"] = _stage(
            f"train_{model}",
            deps=[
                *(paths.processed(params, d) for d in used),
                *sources(f"models/{params.models[model].system}", "training/train"),
            ],
            params=["compute", "seeds", "training", *(f"models.{name}" for name in _lineage(params, model))],
            outs=[f"runs/{params.scale}/{model}/{d}" for d in used],
        )
    for model, used in {catalogue.REAL: real, **datasets}.items():
        found[f"evaluate-{model}"] = _stage(
            f"evaluate_{model}",
            deps=[
                *(f"runs/{params.scale}/{model}/{d}" for d in used if model != catalogue.REAL),
                *(paths.processed(params, d) for d in used),
                *(paths.judges(params, d) for d in used if d in judged),
                *([paths.video_judge(params)] if set(used) & set(watched) else []),
                *sources(*catalogue.evaluation_modules(params, model)),
            ],
            params=["compute", "evaluation", "judge.floor"],
            outs=[f"results/{params.scale}/{model}/{d}" for d in used],
            in_git=True,
        )
    for kind in ("tables", "figures"):
        found |= {name: _report(params, kind, name) for name in getattr(params, kind)}
    found["site"] = _stage(
        "reports/index.html",
        deps=[*_report_files(params), *sources("site")],
        params=["tables", "figures"],
        outs=["reports/index.html", "reports/README.md"],
        in_git=True,
    )
    return found


def _lineage(params: Params, model: str) -> list[str]:
    """A model and those it is like: whose sections decide its training."""
    other = params.models[model].like
    return [model, *(_lineage(params, other) if other else [])]


def _prepare(params: Params, name: str) -> dict:
    raw = ["data/sources.csv"] if params.datasets[name].source == "real" else []
    return _stage(
        f"prepare_{name}",
        deps=[*raw, *sources(f"data/{name}", "prepare")],
        params=[f"datasets.{name}"],
        outs=[paths.processed(params, catalogue.dataset_id(name, params.datasets[name]))],
    )


def _report(params: Params, kind: str, name: str) -> dict:
    report = getattr(params, kind)[name]
    runs = catalogue.report_runs(params, report)
    ids = [catalogue.ids(params)[dataset] for dataset in report.datasets]
    if kind == "tables":
        folders = [*(Path(paths.record(params, run)).parent for run in runs)]
        folders += [Path(paths.real_record(params, dataset)).parent for dataset in ids]
        made_from = [*map(str, folders), "data/published.csv"]
    else:
        made_from = [str(Path(paths.run_folder(params, run)).parent) for run in runs]
        made_from += [paths.processed(params, dataset) for dataset in ids]
    return _stage(
        paths.report_files(params, kind, name)[0],
        deps=[*dict.fromkeys(made_from), *sources(f"reports/{report.report}", "render")],
        params=["scale", f"{kind}.{name}"],
        outs=paths.report_files(params, kind, name),
        in_git=True,
    )


def _report_files(params: Params) -> list[str]:
    return [
        file
        for kind in ("tables", "figures")
        for n in getattr(params, kind)
        for file in paths.report_files(params, kind, n)
    ]


def _stage(target: str, deps: list[str], params: list[str], outs: list[str], in_git: bool = False) -> dict:
    """One stage. What is in git is small, and git's to keep: DVC only watches it."""
    flags = {"cache": False, "persist": True} if in_git else {"persist": True}
    overlay = Path("config") / f"{read_yaml(PARAMS)['scale']}.yaml"
    content, overlaid = read_yaml(PARAMS), read_yaml(overlay)
    tracked: list = [key for key in params if _has(content, key)]
    if keys := [key for key in params if _has(overlaid, key)]:
        tracked.append({str(overlay): keys})
    return {
        "cmd": f"snakemake {target}",
        "deps": list(dict.fromkeys(deps)),
        "params": tracked,
        "outs": [{out: dict(flags)} for out in outs],
    }


def _has(content: dict, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True


def lock() -> None:
    """Records every finished stage in dvc.lock. Under `dvc repro` there is nothing to do: DVC locks what it ran."""
    if os.environ.get("DVC_STAGE") or not Path(".dvc").is_dir() or not DVCYAML.is_file():
        return
    summary = _run("snakemake", "--summary", "--quiet", "all", "all")
    rows = [line.split("\t") for line in summary.splitlines()[1:]]
    pending = [row[0] for row in rows if row[-1] != "no update"]
    described = read_yaml(DVCYAML)["stages"]
    finished = [name for name, stage in described.items() if _finished(stage, pending)]
    changed = json.loads(_run("dvc", "status", "--json"))
    if news := [name for name in finished if name in changed]:
        # DVC writes its whole lock once for each stage that is named, seconds each, and once where none is.
        _run("dvc", "commit", "-f", "-q", *([] if len(finished) == len(described) else news))
    print(f"dvc.lock: {len(finished)} of {len(described)} stages are finished")


def _finished(stage: dict, pending: list[str]) -> bool:
    outs = [next(iter(out)) for out in stage["outs"]]
    waiting = any(file == out or file.startswith(f"{out}/") for file in pending for out in outs)
    return not waiting and all(Path(path).exists() for path in [*outs, *stage["deps"]])


def _run(*command: str) -> str:
    bin_folder = Path(sys.executable).parent
    done = subprocess.run([bin_folder / command[0], *command[1:]], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise UserError(f"'{' '.join(command[:3])}' failed: {' '.join(last)}; run it by hand to see why")
    return done.stdout
