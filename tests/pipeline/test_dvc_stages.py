"""The stages of DVC follow the catalogue, with tables of one's own videos in stages of their own."""

import pytest
from support.project import ROOT

from latentmotion.config.params import load
from latentmotion.pipeline.dvc import stages


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("config", "dvc.yaml", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    written = (ROOT / "params.yaml").read_text().replace("tables: {}}", "tables: {mine: {models: [halo]}}}")
    (tmp_path / "params.yaml").write_text(written)
    monkeypatch.chdir(tmp_path)


def test_a_table_of_own_videos_has_a_stage(folder):
    found = stages(load())
    assert "table@mine" not in found and "table@table2" in found
    scale = load().scale
    assert found["own_table@mine"]["deps"] == [f"fingerprints/{scale}/table/mine.json", "data/published.csv"]
    assert "reports/mine.csv" in found["own_table@mine"]["outs"]
    assert {f"train@{model}" for model in load().models} <= set(found)
