"""Data sets at scale tiny, as params.yaml and config/tiny.yaml describe them."""

from pathlib import Path

import pytest

from latentmotion.config.params import load
from latentmotion.config.settings import prepare_settings
from latentmotion.data.datasets import timit
from latentmotion.data.prepare import prepare
from support.project import ROOT
from support.shared import once


def settings(dataset: str, source: str) -> dict:
    """The settings of a data set at scale tiny, from this source: "real" or "drawn"."""
    params = load(ROOT / "params.yaml", {"scale": "tiny"})
    return {**prepare_settings(params, dataset), "source": source}


def prepare_tiny(dataset: str, source: str, raw: Path | None, folder: Path) -> None:
    """Prepares a data set with its settings at scale tiny; the speakers of drawn TIMIT say two sentences, not eight."""
    with pytest.MonkeyPatch.context() as patch:
        if (dataset, source) == ("timit", "drawn"):
            patch.setattr(timit, "SENTENCES", 2)
        prepare(dataset, raw, folder, settings(dataset, source))


def prepared_once(factory: pytest.TempPathFactory, dataset: str, source: str, raw: Path | None = None) -> Path:
    """The folder of a prepared data set, which all workers share; tests read it only."""
    return once(factory, f"prepared-{dataset}-{source}", lambda folder: prepare_tiny(dataset, source, raw, folder))
