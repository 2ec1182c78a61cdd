"""A package outside this one that declares a model and a data set as entry points: found, digested, checked."""

import os
import subprocess
import sys
import textwrap

import pytest
from support.project import ROOT

from latentmotion.core import plugins, source_code
from latentmotion.core.errors import UserError

MODEL = '''
"""Linear autoencoder of frames."""
import torch
from torch import nn

from latentmotion.models import base as contract
from theirs import sizes

TINY = {"code": 8}


class Config(contract.NetworkConfig):
    code: int = sizes.CODE


class Model(contract.SequenceModel):
    capabilities = frozenset({contract.ENCODE})

    def __init__(self, config, shape):
        super().__init__()
        self.frame = (shape.channels, shape.size, shape.size)
        pixels = shape.channels * shape.size**2
        self.encoder, self.decoder = nn.Linear(pixels, config.code), nn.Linear(config.code, pixels)

    def losses(self, batch):
        error = (self.decode(*self.encode(batch.x, batch.action)) - batch.x).square().flatten(1).sum(1).mean()
        return {"total": error, "squared_error": error}

    def encode(self, x, action):
        codes = self.encoder(x.flatten(2))
        return codes.mean(1), codes - codes.mean(1, keepdim=True)

    def decode(self, content, motion):
        return torch.tanh(self.decoder(content[:, None] + motion)).unflatten(2, self.frame)
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The folder of a package `theirs` with a model and a data set, installed for this test."""
    folder = tmp_path / "site/theirs"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "sizes.py").write_text("CODE = 32\n")
    (folder / "linear.py").write_text(MODEL)
    page = (ROOT / "docs/adding-a-dataset.md").read_text(encoding="utf-8")
    squares = page.split("```python\n")[1].split("```")[0].replace("COLOURS =", "from .. import sizes\nCOLOURS =")
    (folder / "data/squares.py").write_text(squares + '\nTINY = {"frames": 16}\n')
    declare(folder.parent, "linear = theirs.linear", "squares = theirs.data.squares")
    monkeypatch.syspath_prepend(str(folder.parent))
    forget()
    yield folder
    monkeypatch.undo()
    forget()
    for name in [name for name in sys.modules if name.partition(".")[0] == "theirs"]:
        del sys.modules[name]


def declare(site, model: str, dataset: str) -> None:
    info = site / "theirs-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[latentmotion.models]\n{model}\n\n[latentmotion.datasets]\n{dataset}\n", encoding="utf-8"
    )


def forget() -> None:
    cached = (plugins.plugins, plugins.roots, source_code.modules, source_code._closure, source_code.sources)
    for function in (*cached, source_code.code_digest, source_code._facts, source_code._added_files):
        function.cache_clear()


def test_they_are_found_without_being_imported(package):
    assert "linear" in source_code.modules("models") and "squares" in source_code.modules("data/datasets")
    assert "halo" in source_code.modules("models")
    assert source_code.config_keys("linear") == ("code",)
    assert plugins.plugin_file("data/datasets", "squares") == package / "data/squares.py"
    assert "theirs" not in sys.modules


def test_all_files_of_their_package_that_they_import_count(package):
    sources = source_code.sources("models/linear")
    assert {"theirs/linear.py", "theirs/sizes.py", "models/base.py"} <= set(sources)
    assert {"theirs/data/squares.py", "theirs/sizes.py"} <= set(source_code.sources("data/datasets/squares"))
    before = {name: source_code.code_digest(name) for name in ("models/linear", "data/datasets/squares", "models/halo")}
    (package / "sizes.py").write_text("CODE = 16\n")
    forget()
    after = {name: source_code.code_digest(name) for name in before}
    assert [name for name in before if before[name] != after[name]] == ["models/linear", "data/datasets/squares"]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("halo = theirs.linear", "theirs.linear: the name 'halo' is that of a file in models/"),
        ("Linear = theirs.linear", "a name is lower-case letters"),
        ("linear = theirs.liner", "theirs.liner has no source file"),
        ("linear = absent.linear", "absent.linear has no source file"),
    ],
)
def test_a_wrong_declaration_is_one_line(package, model, message):
    declare(package.parent, model, "squares = theirs.data.squares")
    forget()
    with pytest.raises(UserError, match=message) as error:
        source_code.modules("models")
        source_code.config_keys("linear")
    assert "\n" not in str(error.value)


def contract_tests(package, folder, *options: str) -> tuple[int, str]:
    """Runs the contract tests in a process of their own. Returns the exit code and the output."""
    path = os.pathsep.join([str(package.parent), str(ROOT / "src")])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "latentmotion.contracts"]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run([*command, *options], cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_the_contract_tests_run_on_them(package, tmp_path):
    code, output = contract_tests(package, tmp_path)
    assert code == 0 and "7 passed, 1 skipped" in output, output
    text = (package / "linear.py").read_text()
    (package / "linear.py").write_text(text.replace(".square().flatten(1)", ".abs().mul(0).flatten(1)"))
    code, output = contract_tests(package, tmp_path, "-k", "it_learns")
    assert code == 1 and "test_it_learns" in output, output


def test_a_catalogue_with_them_is_planned(package, tmp_path, monkeypatch):
    from latentmotion.config.params import load
    from latentmotion.pipeline.fingerprints import contents

    (tmp_path / "config").symlink_to(ROOT / "config")
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    entry = textwrap.dedent(
        """\
        datasets:
          squares: {title: squares, source: real, size: 16, frames: 16, options: {things: 20}}
        """
    )
    text = text.replace("datasets:\n", entry, 1)
    text = text.replace("models:\n", "models:\n  linear: {title: linear, system: linear, network: {code: 8}}\n", 1)
    text = text.replace("runs:\n", "runs:\n  squares: [linear, halo]\n", 1)
    text = text.replace("    sprites: [action", "    squares: [action, colour]\n    sprites: [action", 1)
    text = text.replace("  floor: {", "  floor: {squares: 0.9, ", 1)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(ROOT)
    found = contents(load(tmp_path / "params.yaml", {"scale": "tiny"}))
    assert found["train/linear/squares"]["code"] == source_code.code_digest("models/linear", "training/train")
    assert found["prepare/squares"]["code"] == source_code.code_digest("data/datasets/squares", "data/prepare")
