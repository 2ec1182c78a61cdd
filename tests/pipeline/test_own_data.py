"""What a user adds to a fresh checkout, as the documentation shows it, down to the row of a table."""

import csv
import re
import sys
from pathlib import Path

import pytest
import yaml
from support.project import ROOT, Project, copy

from latentmotion.config.merge import merge

pytestmark = pytest.mark.slow


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def rows(project: Project, table: str) -> set[tuple[str, str]]:
    with (project.path / f"reports/{table}.csv").open(encoding="utf-8", newline="") as file:
        return {(line["row"], line["dataset"]) for line in csv.DictReader(file)}


def test_own_videos_become_a_table_with_one_entry(tmp_path):
    project = copy(tmp_path / "project")
    params = project.path / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text[: text.index("\nvideos:")] + "\n" + blocks("own-videos.md", "yaml")[0], encoding="utf-8")
    (project.path / "draw.py").write_text(blocks("own-videos.md", "python")[0], encoding="utf-8")
    project.run(sys.executable, "draw.py")
    output = project.run("snakemake", "reports/my_table.csv")
    assert output.splitlines()[-1].startswith("Made reports/my_table.csv")
    assert {("HALO (conditional)", "own videos"), ("DSVAE", "own videos")} <= rows(project, "my_table")
    assert project.planned("reports/my_table.csv") == {}
    (project.path / "data/raw/videos/fall/red/1.gif").unlink()
    assert project.planned("reports/my_table.csv")["prepare"] == 1


def test_the_data_set_and_the_model_of_the_documentation_become_rows_of_a_table(tmp_path):
    project = copy(tmp_path / "project")
    package = project.path / "src/latentmotion"
    (package / "data/datasets/mydata.py").write_text(blocks("adding-a-dataset.md", "python")[0], encoding="utf-8")
    (package / "models/mymodel.py").write_text(blocks("adding-a-model.md", "python")[0], encoding="utf-8")
    params = project.path / "params.yaml"
    content = yaml.safe_load(params.read_text(encoding="utf-8"))
    for entry in [*blocks("adding-a-dataset.md", "yaml"), *blocks("adding-a-model.md", "yaml")]:
        content = merge(content, yaml.safe_load(entry))
    params.write_text(yaml.safe_dump(content), encoding="utf-8")
    project.make_in_one_process("mytable")
    expected = {"my model", "HALO (conditional)", "DSVAE", "real data"}
    assert expected <= {row for row, dataset in rows(project, "mytable") if dataset == "my data"}
    assert Path(project.path / "results/tiny/mymodel/mydata/seed0.json").is_file()
