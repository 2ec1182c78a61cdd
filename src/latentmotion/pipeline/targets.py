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
    from snakemake.cli import get_argument_parser

    targets = get_argument_parser().parse_known_args(sys.argv[1:])[0].targets
    rules = {rule.name: rule for rule in workflow.rules}
    for target in targets:
        if target in rules or Path(target).exists() or any(rule.is_producer(target) for rule in rules.values()):
            continue
        known = [name for name, rule in rules.items() if not rule.has_wildcards()]
        sys.exit(f"snakemake: target '{target}': no rule makes it; {nearest(Path(target).stem, known)}")
