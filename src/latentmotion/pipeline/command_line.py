"""Checks how Snakemake was called, before it reads the workflow: the default profile calls `check_words`."""

import sys
from pathlib import Path

from latentmotion.core.yaml_loader import read_yaml

OPTIONS = {"--config": "a setting such as scale=tiny", "-C": "a setting such as scale=tiny"}
OPTIONS |= dict.fromkeys(("--configfile", "--configfiles"), "a file of settings such as config/real.yaml")


def check_words() -> None:
    """Ends a Snakemake process whose options have swallowed its target, with one line that says how to write it.

    Options such as --config take all words that follow. Snakemake itself would end with a traceback.
    """
    if Path(sys.argv[0]).stem in ("snakemake", "__main__") and (line := fault(sys.argv[1:])):
        sys.exit(line)


def fault(words: list[str]) -> str | None:
    """What is wrong with the words after `snakemake`; None where nothing is."""
    option = None
    for place, word in enumerate(words):
        if word == "--":
            return None
        if word.startswith("-"):
            option = word if word in OPTIONS else None
        elif option and not _fits(option, word):
            better = " ".join(["snakemake", *words[:place], "--", *words[place:]])
            return f"snakemake: {option}: '{word}' is not {OPTIONS[option]}; put two dashes before a target: {better}"
    return None


def _fits(option: str, word: str) -> bool:
    return "=" in word if option in ("--config", "-C") else Path(word).suffix in (".yaml", ".yml", ".json")


def foreign_overlay(files: list[Path], scale: str) -> str | None:
    """A message where a file of --configfile is the overlay of another scale than the one that is used."""
    for file in files:
        ours = file.resolve().parent == Path("config").resolve() and file.suffix == ".yaml"
        if ours and file.stem != scale and "scale" not in read_yaml(file):
            return (
                f"config/{file.name}: is the file of scale '{file.stem}', and its sizes would be recorded as scale"
                f" '{scale}'; use --config scale={file.stem} instead of --configfile"
            )
    return None
