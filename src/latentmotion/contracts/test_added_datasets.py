"""The contract of every data set that an installed package adds.

`TINY` of its module has the settings of a small one: {"source": ..., "size": ..., "frames": ..., "options": {...}}.
Where its raw files are needed and not there, the test is skipped.
"""

from pathlib import Path

import pytest

from latentmotion.contracts import datasets
from latentmotion.core.errors import UserError
from latentmotion.core.plugins import import_module, plugins
from latentmotion.data.prepare import prepare

ADDED = sorted(plugins("data/datasets"))
DEFAULT = {"source": "real", "size": 16, "frames": 8, "options": {}}


@pytest.fixture(scope="module", params=ADDED)
def made(request, tmp_path_factory):
    """(folder, settings, how to make it again) of a prepared data set."""
    settings = DEFAULT | getattr(import_module("data/datasets", request.param), "TINY", {})

    def again(out: Path) -> Path:
        prepare(request.param, None, out, settings)
        return out

    try:
        return again(tmp_path_factory.mktemp("prepared") / request.param), settings, again
    except UserError as error:
        if Path("data/raw", request.param).is_dir():
            raise
        pytest.skip(f"cannot be prepared without data/raw/{request.param}: {error}")


def test_shapes_labels_and_manifest_agree(made):
    folder, settings, _ = made
    datasets.agrees_with_its_manifest(folder, settings)


def test_splits_share_no_group_and_no_content(made):
    datasets.shares_nothing_between_splits(made[0])


def test_prepared_again_it_has_the_same_bits(made, tmp_path):
    folder, _, again = made
    datasets.are_equal(folder, again(tmp_path / folder.name))
