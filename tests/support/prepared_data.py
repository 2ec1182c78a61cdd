"""Data sets at scale tiny, as params.yaml and config/tiny.yaml describe them."""

from pathlib import Path

import pytest

from latentmotion.config.params import load
from latentmotion.config.settings import prepare_settings
from latentmotion.data.prepare import prepare
from support.project import ROOT
from support.shared import once


def settings(dataset: str, source: str) -> dict:
    """The settings of a data set at scale tiny, from this source: "real" or "drawn"."""
    params = load(ROOT / "params.yaml", {"scale": "tiny"})
    return {**prepare_settings(params, dataset), "source": source}


def prepared_once(factory: pytest.TempPathFactory, dataset: str, source: str, raw: Path | None = None) -> Path:
    """The folder of a prepared data set, which all workers share; tests read it only."""
    chosen = settings(dataset, source)
    return once(factory, f"prepared-{dataset}-{source}", lambda folder: prepare(dataset, raw, folder, chosen))
