"""The verb `export`: a trained model as a folder in the layout of the Hugging Face hub.

model.safetensors    the weights
config.json          what `latentmotion.load` builds the model from, and the sha256 of the weights
README.md            the card (reporting/model_card.py)
training.json        the record of the training
evaluation.json      the record of the evaluation, where these weights were evaluated
samples.png          real sequences, reconstructions and samples, as the training left them
"""

import json
import shutil
import tempfile
from pathlib import Path

from latentmotion import __version__
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.records import read_record
from latentmotion.data.prepared import PreparedDataset
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
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        shutil.copyfile(weights, temporary / "model.safetensors")
        if (run / "samples.png").is_file():
            shutil.copyfile(run / "samples.png", temporary / "samples.png")
        contents = {"config.json": config(record), "training.json": record, "evaluation.json": scores}
        for name, content in contents.items():
            if content is not None:
                (temporary / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        text = card(record, scores, settings, (temporary / "samples.png").is_file())
        (temporary / "README.md").write_text(text, encoding="utf-8")
        temporary.chmod(0o755)
        temporary.rename(out)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); free space and repeat") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out


def config(record: dict) -> dict:
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
        "weights_sha256": record["weights"],
    }


def _scores(evaluation: Path, record: dict) -> dict | None:
    """The evaluation record; None where there is none of these weights."""
    if not evaluation.is_file():
        return None
    found = read_record(evaluation)
    return found if (found.get("training") or {}).get("weights") == record["weights"] else None
