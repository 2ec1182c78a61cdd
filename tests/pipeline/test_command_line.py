"""How Snakemake is called, whose code runs, and that no name reaches a shell unquoted."""

import re
import shlex
from pathlib import Path

import pytest
from support.project import ROOT

from latentmotion.core import own_source
from latentmotion.core.errors import UserError
from latentmotion.pipeline.command_line import fault, foreign_overlay


@pytest.mark.parametrize(
    "command, better",
    [
        ("--config scale=tiny reports/table2.csv", "snakemake --config scale=tiny -- reports/table2.csv"),
        ("-n --config scale=tiny a=b table2 -c 2", "snakemake -n --config scale=tiny a=b -- table2 -c 2"),
        ("--configfile config/real.yaml table2", "snakemake --configfile config/real.yaml -- table2"),
    ],
)
def test_a_swallowed_target_is_given_back(command, better):
    assert fault(command.split()).endswith(f"put two dashes before a target: {better}")


@pytest.mark.parametrize(
    "command", ["table2", "--config scale=tiny -- table2", "-n --configfile a.yaml --config b=1 -c 1"]
)
def test_right_commands_are_left_alone(command):
    assert fault(command.split()) is None


def test_the_default_profile_checks_the_words():
    assert "command_line.check_words()" in (ROOT / "profiles/default/config.yaml").read_text()


def test_the_file_of_another_scale_is_no_configfile(monkeypatch):
    monkeypatch.chdir(ROOT)
    tiny, real = Path("config/tiny.yaml").absolute(), Path("config/real.yaml").absolute()
    assert "use --config scale=tiny" in foreign_overlay([real, tiny], "quick")
    assert foreign_overlay([tiny], "tiny") is None and foreign_overlay([real], "quick") is None


def test_the_code_of_another_checkout_does_not_run(tmp_path):
    own_source.check(ROOT)
    own_source.check(tmp_path)  # a folder without sources uses what is installed
    (tmp_path / "src/latentmotion").mkdir(parents=True)
    (tmp_path / "src/latentmotion/__init__.py").write_text("")
    with pytest.raises(
        UserError, match="is not what would run, .* is, because the environment of that folder is active"
    ):
        own_source.check(tmp_path)


def test_every_placeholder_of_every_rule_is_quoted():
    unquoted = {}
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for command in re.findall(r"    shell:\n((?: +\".*\"\n?)+)", file.read_text()):
            if found := re.findall(r"\{(?!\{)([^}]*?)(?<!:q)\}", command):
                unquoted[file.name] = found
    assert unquoted == {}


def test_the_path_of_the_environment_is_quoted():
    text = (ROOT / "Snakefile").read_text()
    assert "shlex.quote(str(Path(sys.executable).parent))" in text
    assert shlex.split(f"PATH={shlex.quote(chr(39) + '/bin')}") == ["PATH='/bin"]
