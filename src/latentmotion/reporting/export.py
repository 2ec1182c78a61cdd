"""The verb `export`: a trained model as a folder in the layout of the Hugging Face hub.

model.safetensors    the weights
config.json          what the model is built from, and the sha256 of the weights and of the record of the training
README.md            the card (reporting/model_card.py)
training.json        the record of the training
evaluation.json      the record of the evaluation, where these weights were evaluated
history.jsonl        the losses while training
samples.png          real sequences, reconstructions and samples, as the training left them

`latentmotion import` reads it (reporting/import_folder.py). The judges of a data set are exported in the same way: for
each label its weights and its record, with a config.json of their digests.
"""

import json
import shutil
from pathlib import Path

from latentmotion import __version__
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest, whole_folder
from latentmotion.core.records import read_record
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.base import read_judge
from latentmotion.reporting.model_card import card


def export(run: Path, evaluation: Path, settings: dict, out: Path) -> Path:
    """Writes the folder, whole or not at all, and returns it.

    Arguments:
        run: the folder of the trained run.
        evaluation: where its evaluation record would be.
        settings: `scale` and `titles`, as a report has them, and `licences` of the raw files.

    Raises UserError where the weights are missing or damaged, or `out` is there already.
    """
    record = read_record(run / "record.json")
    weights = run / "weights.safetensors"
    if not weights.is_file() or file_digest(weights) != record["weights"]:
        raise UserError(f"{weights}: missing, or not what {run / 'record.json'} describes; train it again")
    if out.exists():
        raise UserError(f"{out}: is there already; remove it or name another folder with --out")
    scores = _scores(evaluation, record)
    copied = {name: run / name for name in ("samples.png", "history.jsonl") if (run / name).is_file()}
    contents = {"config.json": config(record, settings["scale"]), "training.json": record, "evaluation.json": scores}
    texts = {name: _json(content) for name, content in contents.items() if content is not None}
    texts["README.md"] = card(record, scores, settings, "samples.png" in copied)
    return _write(out, {"model.safetensors": weights, **copied}, texts)


def export_judges(judges: Path, dataset: str, scale: str, out: Path) -> Path:
    """Writes the judges of a data set as a folder, whole or not at all, and returns it.

    Raises UserError where there are none or one is damaged, or `out` is there already.
    """
    weights = {file.stem: file for file in sorted(judges.glob("*.safetensors"))}
    if not weights:
        raise UserError(f"{judges}: no judges; make them with 'snakemake judge_all'")
    records = {label: read_judge(file) for label, file in weights.items()}
    if out.exists():
        raise UserError(f"{out}: is there already; remove it or name another folder with --out")
    described = {
        "library_name": "latentmotion",
        "latentmotion_version": __version__,
        "kind": "judges",
        "dataset": dataset,
        "scale": scale,
        "weights_sha256": {label: record["weights"] for label, record in records.items()},
        "record_sha256": {label: digest(record) for label, record in records.items()},
    }
    texts = {f"{label}.json": _json(record) for label, record in records.items()}
    copied = {f"{label}.safetensors": file for label, file in weights.items()}
    lines = [f"- `{label}`: validation accuracy {r['validation_accuracy']:.4f}" for label, r in records.items()]
    texts["README.md"] = "\n".join(
        ["---", "library_name: latentmotion", "license: other", "---", "", f"# Judges of {dataset}, scale {scale}", "",
         "Classifiers that were trained on real data and recognise labels in generated sequences.", "", *lines, "",
         "`latentmotion import FOLDER` takes them into a clone of the project.", ""]
    )  # fmt: skip
    return _write(out, copied, texts | {"config.json": _json(described)})


def _json(content: dict) -> str:
    return json.dumps(content, indent=1) + "\n"


def _write(out: Path, copied: dict[str, Path], texts: dict[str, str]) -> Path:
    """Writes a folder of copied files and texts, whole or not at all."""
    with whole_folder(out, replace=False) as temporary:
        for name, file in copied.items():
            shutil.copyfile(file, temporary / name)
        for name, text in texts.items():
            (temporary / name).write_text(text, encoding="utf-8")
    return out


def config(record: dict, scale: str) -> dict:
    """What a model is built from. The names of the actions are added where its data are there."""
    data = Path(record["data_folder"])
    found = PreparedDataset.open(data).labels["action"].classes if (data / "manifest.json").is_file() else ()
    return {
        "library_name": "latentmotion",
        "latentmotion_version": __version__,
        "system": record["settings"]["system"],
        "network": record["settings"]["network"],
        "shape": record["shape"],
        "actions": list(found),
        "model": record["model"],
        "dataset": record["dataset"],
        "seed": record["seed"],
        "scale": scale,
        "record_sha256": digest(record),
        "weights_sha256": record["weights"],
    }


def _scores(evaluation: Path, record: dict) -> dict | None:
    """The evaluation record; None where there is none of these weights."""
    if not evaluation.is_file():
        return None
    found = read_record(evaluation)
    return found if (found.get("training") or {}).get("weights") == record["weights"] else None
