"""The section `videos` of params.yaml: each table in it stands for a data set, its judge, its trainings and a table.

    videos:
      tables:
        my_table: {models: [halo, dsvae]}

is short for entries in `datasets`, `judge`, `runs` and `tables`. It is expanded before params.yaml is checked, so that
everything else knows nothing of it.
"""

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from latentmotion.core.errors import UserError

NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
FLOOR = 0.9  # accuracy of the judge on real test clips below which a table marks it as weak
PREDICTED = 16  # frames to which evaluation continues a first frame, where params.yaml does not say it


class OwnTable(BaseModel):
    """A comparison of models on the videos of one folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: list[str] = Field(min_length=1, description="models of params.yaml")
    folder: str = Field(default="videos", description="below data/raw/; also the name of the data set")
    title: str = Field(default="own videos", description="how the table calls the data set")
    size: int | None = Field(default=None, description="side of a frame, where it is not that of the section")
    frames: int | None = Field(default=None, description="frames that models learn from, likewise")
    options: dict[str, Any] = Field(default_factory=dict, description="options of data/importers/videos.py")
    metrics: list[str] = Field(default_factory=list, description="<protocol>/<metric>, in place of the usual ones")


class OwnVideos(BaseModel):
    """The section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(default=64, description="side of a frame in pixels, by default")
    frames: int = Field(default=8, description="frames that models learn from, by default")
    tables: dict[str, OwnTable] = Field(default_factory=dict)


def expand(merged: dict, path: Path) -> dict:
    """The parameters with the section `videos` expanded. Raises UserError for a wrong key or a name that is taken."""
    section = merged.pop("videos", None) or {}
    try:
        videos = OwnVideos.model_validate(section)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, ("videos", *problem["loc"])))
        raise UserError(f"{path}: key '{where}': {problem['msg']}; config/README.md lists the keys") from None
    if not all(isinstance(merged.get(key), dict) for key in ("datasets", "judge", "runs", "tables")):
        return merged  # the check of the whole file says what is wrong
    own: dict[str, dict] = {}
    for name, table in videos.tables.items():
        where = f"{path}: videos.tables.{name}"
        for given in (name, table.folder):
            if not NAME.fullmatch(given):
                raise UserError(f"{where}: '{given}' must be lower-case letters, digits and '_', 64 at most; rename it")
        dataset = _dataset(videos, table)
        if name in merged["tables"] or (table.folder in merged["datasets"] and table.folder not in own):
            raise UserError(
                f"{where}: params.yaml has a table '{name}' or a data set '{table.folder}' already; rename it"
            )
        if own.setdefault(table.folder, dataset) != dataset:
            raise UserError(f"{where}: another table has the same folder and other settings; make them equal")
        _check_length(dataset, merged, where)
        merged["datasets"][table.folder] = dataset
        merged["judge"]["labels"][table.folder] = ["action"]
        merged["judge"]["floor"][table.folder] = FLOOR
        runs = merged["runs"].setdefault(table.folder, [])
        runs += [model for model in table.models if model not in runs]
        merged["tables"][name] = {
            "report": "comparison", "models": table.models, "datasets": [table.folder],
            "options": {"metrics": table.metrics} if table.metrics else {},
        }  # fmt: skip
    return merged


def _dataset(videos: OwnVideos, table: OwnTable) -> dict:
    return {
        "title": table.title, "origin": "These are videos of the user's own.", "source": "real", "importer": "videos",
        "size": table.size or videos.size, "frames": table.frames or videos.frames, "options": table.options,
    }  # fmt: skip


def _check_length(dataset: dict, merged: dict, where: str) -> None:
    """A clip must be as long as the sequences that prediction is scored on."""
    wanted = merged.get("evaluation", {}).get("predict_length", PREDICTED)
    length = max(dataset["frames"], dataset["options"].get("continued", PREDICTED))
    if isinstance(wanted, int) and isinstance(length, int) and length < wanted:
        raise UserError(f"{where}: clips of {length} frames, but {wanted} are predicted; raise options.continued")
