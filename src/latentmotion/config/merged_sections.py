"""Types and ranges of what a job gets in the end: the sections of params.yaml after defaults and exceptions are merged.

The keys of one section may stand in three places (the defaults, the model, its exceptions for one data set), and only
their union can be checked. A message names the place from which the wrong value comes. `network` sections are checked
by pipeline/network_settings.py, because the files of the models import torch.
"""

from pathlib import Path

from pydantic import ValidationError

from latentmotion.config.merge import merge
from latentmotion.config.problems import problem
from latentmotion.config.schema import Judge, Params, Training
from latentmotion.core.errors import UserError


def check_merged(params: Params, path: Path) -> None:
    """Raises UserError for the first value of a wrong type or range."""
    for name, model in params.models.items():
        for dataset in (None, *model.per_dataset):
            own = model.on(dataset).training
            places = {
                f"models.{name}.per_dataset.{dataset}.training": own,
                f"models.{name}.training": model.training,
                "training": params.training,
            }
            _check(Training, merge(merge(params.training, model.training), own), places, path)
    judge = params.judge.model_dump()
    for dataset, own in params.judge.per_dataset.items():
        _check(Judge, judge | own, {f"judge.per_dataset.{dataset}": own, "judge": judge}, path)


def _check(schema: type, merged: dict, places: dict[str, dict], path: Path) -> None:
    """Validates a merged section.

    Arguments:
        places: name -> section, for every place where a key may stand; the first one that has it wins.
    """
    try:
        schema.model_validate(merged)
    except ValidationError as error:
        key = error.errors()[0]["loc"][0]
        section = next((place for place, found in places.items() if key in found), next(reversed(places)))
        raise UserError(f"{path}: {problem(error, schema, section)}") from None
