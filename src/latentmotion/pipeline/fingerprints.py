"""Fingerprints: one small file for each output, which describes what the output is made from.

A fingerprint holds the settings of a job, the digest of its code, and the digests of the fingerprints before it, so
that it changes exactly when the output would. Snakemake's rules and DVC's stages depend on these files instead of on
params.yaml and two hundred source files. They are written while the workflow is read, and only where their content
changes: a file that is left alone keeps its time, and nothing runs again.
"""

import json
from pathlib import Path

from latentmotion.config import catalogue, paths
from latentmotion.config.downloads import read_sources
from latentmotion.config.schema import Params
from latentmotion.config.settings import (
    claims_settings,
    evaluation_settings,
    judge_settings,
    prepare_settings,
    report_settings,
    training_settings,
    video_judge_settings,
)
from latentmotion.core.files import digest, write_atomic
from latentmotion.core.source_code import code_digest

Contents = dict[str, dict]


def write(params: Params) -> None:
    """Brings the folder of this scale up to date: changed files are written, those of no job are removed."""
    folder = Path(paths.fingerprints(params))
    wanted = {folder / f"{name}.json": content for name, content in contents(params).items()}
    for file, content in wanted.items():
        text = json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"
        if not file.is_file() or file.read_bytes() != text:
            write_atomic(file, text, durable=False)  # the next plan writes a lost one again
    for file in set(folder.rglob("*.json")) - set(wanted):
        file.unlink()


def contents(params: Params) -> Contents:
    """`<stage>/<name>` -> what the output is made from, for every stage of the workflow."""
    found = _prepare(params)
    found |= _judges(params, found)
    found |= _trainings(params, found)
    found |= _evaluations(params, found)
    found |= _reports(params, found)
    found["claims/claims"] = {
        "settings": claims_settings(params),
        "made_from": {name: digest(content) for name, content in found.items() if name.startswith("evaluate/")},
        "code": code_digest(*catalogue.claims_modules()),
    }
    found["site/index"] = {
        "code": code_digest("reporting/index_page"),
        "reports": {
            name: digest(content)
            for name, content in found.items()
            if name.startswith(("table/", "figure/", "claims/"))
        },
    }
    return found


def report_code(params: Params, kind: str, name: str) -> str:
    """The digest of what renders a table or figure."""
    return code_digest(catalogue.report_module(params, kind, name), f"reporting/render_{kind[:-1]}")


def evaluation_code(params: Params, model: str) -> str:
    """The digest of what scores a model."""
    return code_digest(*catalogue.evaluation_modules(params, model))


def _prepare(params: Params) -> Contents:
    found = {}
    for name, identifier in catalogue.ids(params).items():
        pinned = {}
        for raw in catalogue.raw_names(params, identifier):
            pinned |= {f"{raw}/{source.path}": source.sha256 for source in read_sources(raw, Path("data/sources.csv"))}
        found[f"prepare/{identifier}"] = {
            "settings": prepare_settings(params, identifier),
            "raw": pinned,
            "code": code_digest(catalogue.dataset_module(params, name), "data/prepare"),
        }
    return found


def _judges(params: Params, before: Contents) -> Contents:
    code = code_digest("evaluation/judges/label_judge")
    found = {
        f"judge/{identifier}": {
            "settings": judge_settings(params, identifier),
            "labels": catalogue.judged_labels(params, identifier),
            "data": digest(before[f"prepare/{identifier}"]),
            "code": code,
        }
        for identifier in catalogue.ids(params).values()
        if catalogue.judged_labels(params, identifier)
    }
    if watched := catalogue.video_judged(params):
        found["judge/video-judge"] = {
            "settings": video_judge_settings(params),
            "data": [digest(before[f"prepare/{identifier}"]) for identifier in watched],
            "code": code_digest("evaluation/judges/video_judge"),
        }
    return found


def _trainings(params: Params, before: Contents) -> Contents:
    """One for each model on each dataset, and the seeds of each model, which decide how many runs there are."""
    found: Contents = {}
    seeds: dict[str, dict[str, list[int]]] = {}
    for run in catalogue.runs(params):
        seeds.setdefault(run.model, {}).setdefault(run.dataset, []).append(run.seed)
        found[f"train/{run.model}/{run.dataset}"] = {
            "settings": training_settings(params, run.model, run.dataset),
            "data": digest(before[f"prepare/{run.dataset}"]),
            "code": code_digest(f"models/{params.models[run.model].system}", "training/train"),
        }
    return found | {f"train/{model}/seeds": content for model, content in seeds.items()}


def _evaluations(params: Params, before: Contents) -> Contents:
    pairs = {(run.model, run.dataset): None for run in catalogue.runs(params)}
    pairs |= {(catalogue.REAL, identifier): None for identifier in catalogue.ids(params).values()}
    judged_by_video = set(catalogue.video_judged(params))
    found = {}
    for model, identifier in pairs:
        made_from = [f"prepare/{identifier}", f"judge/{identifier}", f"train/{model}/{identifier}"]
        if identifier in judged_by_video:
            made_from.append("judge/video-judge")
        found[f"evaluate/{model}/{identifier}"] = {
            "settings": evaluation_settings(params, identifier, 0),
            "made_from": {name: digest(before[name]) for name in made_from if name in before},
            "code": evaluation_code(params, model),
        }
    return found


def _reports(params: Params, before: Contents) -> Contents:
    found = {}
    for kind, stage in (("tables", "table"), ("figures", "figure")):
        for name, report in getattr(params, kind).items():
            pairs = {(run.model, run.dataset) for run in catalogue.report_runs(params, report)}
            if kind == "tables":
                pairs |= {(catalogue.REAL, catalogue.ids(params)[dataset]) for dataset in report.datasets}
            found[f"{stage}/{name}"] = {
                "settings": report_settings(params, kind, name),
                "made_from": {
                    f"{model}/{dataset}": digest(before[f"evaluate/{model}/{dataset}"])
                    for model, dataset in sorted(pairs)
                },
                "code": report_code(params, kind, name),
            }
    return found
