"""Targets that a user asks Snakemake for: a name that nothing makes is refused with the nearest one that there is."""

import sys
from pathlib import Path

from latentmotion.core.errors import nearest


def check(workflow) -> None:
    """Ends a Snakemake process that was asked for a target which no rule makes, with one line.

    Snakemake itself would end with an exception that names no other target. Its settings hold the targets only after
    the workflow has been read, so the command line is parsed here as Snakemake does.
    """
    if Path(sys.argv[0]).stem not in ("snakemake", "__main__"):
        return
    rules = {rule.name: rule for rule in workflow.rules}

    def made(word: str) -> bool:
        return word in rules or Path(word).exists() or any(rule.is_producer(word) for rule in rules.values())

    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if all(map(made, words)):
        return  # parsing takes a tenth of a second, and tells only which words are the values of options
    from snakemake.cli import get_argument_parser

    for target in get_argument_parser().parse_known_args(sys.argv[1:])[0].targets:
        if not made(target):
            known = [name for name, rule in rules.items() if not rule.has_wildcards()]
            sys.exit(f"snakemake: target '{target}': no rule makes it; {nearest(Path(target).stem, known)}")
