"""The card of an exported model: what it is, how it was trained, its scores, whether it has learnt, and licences.

The front matter is that of the Hugging Face hub (https://huggingface.co/docs/hub/model-cards).
"""

import yaml

from latentmotion.config.main_scores import MAIN
from latentmotion.reporting.titles import Titles

PROJECT = "latentmotion"


def card(record: dict, scores: dict | None, settings: dict, has_picture: bool) -> str:
    """The text of README.md.

    Arguments:
        record: the record of the training.
        scores: the record of the evaluation of the same weights; None where there is none.
        settings: scale, titles and licences.
        has_picture: whether the folder has samples.png.
    """
    titles = Titles.of(settings)
    model, dataset = titles.model(record["model"]), titles.dataset(record["dataset"])
    training, shape = record["settings"]["training"], record["shape"]
    chosen = chosen_scores(scores)
    published = [] if scores and scores.get("learnt") is False else chosen  # what the hub would compare
    metadata = yaml.safe_dump(front_matter(model, dataset, record, published), sort_keys=False, allow_unicode=True)
    parts = [
        f"---\n{metadata}---",
        f"# {model} on {dataset}",
        f"This model was trained with `{PROJECT}`, which reproduces four papers on generative models of sequences. It "
        f"is the system `{record['settings']['system']}` with {record['parameters']:,} parameters.",
        '```python\nimport latentmotion\n\nmodel = latentmotion.load("path/to/this/folder")\n```',
        *(["![Real sequences, reconstructions and samples](samples.png)"] if has_picture else []),
        "## Training",
        f"Scale {settings['scale']}, seed {record['seed']}: {record['steps']:,} batches of {training['batch']} "
        f"sequences with {shape['frames']} frames of {_size(shape)}. All settings are in `training.json`.",
        f"Data: {dataset}. {titles.origin(record['dataset'])}".strip(),
        "## Has it learnt?",
        learnt(scores),
        "## Scores",
        *_scores(chosen, scores),
        "## Licence",
        licence(settings["licences"]),
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(model: str, dataset: str, record: dict, chosen: list[tuple[str, str, float]]) -> dict:
    """The metadata that the hub reads."""
    found = {"library_name": "latentmotion", "license": "other", "tags": ["video", "disentanglement", record["model"]]}
    if not chosen:
        return found
    metrics = [{"type": metric, "name": f"{protocol} {metric}", "value": value} for protocol, metric, value in chosen]
    of_data = {"name": dataset, "type": record["dataset"]}
    result = {"task": {"type": "video-generation"}, "dataset": of_data, "metrics": metrics}
    return found | {"model-index": [{"name": f"{model} on {dataset}", "results": [result]}]}


def chosen_scores(scores: dict | None) -> list[tuple[str, str, float]]:
    """The main scores as (protocol, metric, value)."""
    cells = scores["metrics"] if scores else []
    return [
        (cell["protocol"], cell["metric"], cell["value"])
        for cell in cells
        if cell["metric"].partition(":")[0] in MAIN.get(cell["protocol"], ())
    ]


def learnt(scores: dict | None) -> str:
    """The verdict of the evaluation record in a sentence."""
    if scores is None:
        return "It is not known: these weights were not evaluated."
    match scores.get("learnt"):
        case True:
            return "Yes: on validation sequences it passes every bar that the project has set for its data."
        case False:
            return f"No. {scores['learnt_why']} Its numbers say nothing about the method."
        case _:
            return f"It is not known. {scores.get('learnt_why', '')}".strip()


def licence(licences: list[str]) -> str:
    """What may be done with the weights, as far as this project can say. `licences` are those of the raw files."""
    text = "The code of the project has the MIT licence."
    if licences:
        listed = "; ".join(licences)
        return f"{text} The raw data have other licences, which can apply to what is learnt from them: {listed}."
    return f"{text} Of the data no licence is on record. If they are not synthetic, their owner decides on their use."


def _scores(chosen: list[tuple[str, str, float]], scores: dict | None) -> list[str]:
    if not chosen:
        return ["There are none."]
    lines = ["| protocol | score | value |", "| --- | --- | ---: |"]
    lines += [f"| {protocol} | {metric} | {value:.4g} |" for protocol, metric, value in chosen]
    where = "validation" if scores["split"] == "validation" else "test"
    return [f"On the {where} split. All scores are in `evaluation.json`.", "\n".join(lines)]


def _size(shape: dict) -> str:
    if shape["size"] == 1:
        return f"{shape['channels']} numbers"
    return f"{shape['size']} x {shape['size']} pixels in {shape['channels']} colours"
