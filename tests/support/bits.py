"""Trains every system, scores some runs, renders a table and a figure, and prints what each output holds as JSON.

tests/campaigns/bits.py runs `python -m support.bits DATA OUT` in processes that differ in what must not matter.
"""

import json
import sys
from pathlib import Path

from latentmotion.config import params
from latentmotion.config.settings import evaluation_settings, judge_settings, report_settings
from latentmotion.core.files import file_digest
from latentmotion.core.records import read_record
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.evaluate import EvaluationJob, NetworkPaths, evaluate
from latentmotion.evaluation.judges.label_judge import train_judge
from latentmotion.reporting.render_figure import render_figure
from latentmotion.reporting.render_table import render_table
from support.every_system import SYSTEMS, P, train
from support.project import PUBLISHED, ROOT

OF_THE_PROCESS = {"seconds", "machine", "cost", "data_folder"}  # of a record: when and where it was made
JUDGED = "faces-drawn"
SCORED = ["halo-unconditional", "dsvae-weak", "rwae-gan-weak"]
SHOWN = {"models": SCORED, "datasets": ["faces"], "seeds": [0]}


def main(data: Path, out: Path) -> None:
    found = {model: trained(model, data, out) for model in SYSTEMS}
    dataset = PreparedDataset.open(data / JUDGED)
    for label in P.judge.labels["faces"]:
        train_judge(dataset, label, out / "judges", judge_settings(P, JUDGED) | {"steps": 4}, "cpu")
        found[f"judge of {label}"] = file_digest(out / f"judges/{label}.safetensors")
    records = []
    for model in [*SCORED, "real"]:
        run = None if model == "real" else out / f"runs/{model}/{JUDGED}/seed0"
        records.append(out / f"results/{model}.json")
        job = EvaluationJob(model, dataset, run, evaluation_settings(P, JUDGED, 0))
        evaluate(job, NetworkPaths(out / "judges", None, None, None), records[-1], "cpu")
        found[f"scores of {model}"] = read_record(records[-1])["metrics"]
    shown = params.load(
        ROOT / "params.yaml",
        {"scale": "tiny", "tables": {"table2": SHOWN}, "figures": {"figure_motion_swap": SHOWN}},
    )
    render_table("table2", records, PUBLISHED, out / "table2", report_settings(shown, "tables", "table2"))
    settings = report_settings(shown, "figures", "figure_motion_swap")
    runs = [out / f"runs/{model}/{JUDGED}/seed0" for model in SCORED]
    render_figure("figure_motion_swap", runs, out / "figure_motion_swap", settings, "cpu")
    for file in (
        "table2.csv",
        "table2.md",
        "table2.tex",
        "table2.html",
        "figure_motion_swap.png",
        "figure_motion_swap.gif",
    ):
        found[file] = file_digest(out / file)
    json.dump(found, sys.stdout)


def trained(model: str, data: Path, out: Path) -> dict:
    """Trains a model, and returns its record and the sha256 of its other files."""
    record = train(model, data, out / model)
    run = out / f"runs/{model}/{SYSTEMS[model]}/seed0"
    run.parent.mkdir(parents=True)
    (out / model / "run").rename(run)
    files = {name: file_digest(run / name) for name in ("weights.safetensors", "history.jsonl", "samples.png")}
    return files | {key: value for key, value in record.items() if key not in OF_THE_PROCESS}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
