"""The last line of a run: which files were made, and how to look at them."""

import sys
from pathlib import Path

PAGES = (".html", ".md", ".png")  # what a user opens first
NAMED = 3  # files that the line names at most


def say(workflow) -> None:
    """Prints the files that the user asked for, as the last line of a run that has succeeded."""
    if "ALL" in {quiet.name for quiet in workflow.output_settings.quiet or ()}:
        return
    try:
        line = summary([str(file) for job in workflow.dag.targetjobs for file in (job.output or job.input)])
    except Exception as error:
        line = f"The files that were made cannot be listed: {error!r}"
    print(line, file=sys.stderr)


def summary(files: list[str]) -> str:
    """Such as `Made reports/table2.csv; look at reports/table2.html`."""
    made = list(dict.fromkeys(file for file in files if Path(file).exists()))
    named = ", ".join(made[:NAMED]) + (f" and {len(made) - NAMED} more files" if len(made) > NAMED else "")
    beside = [Path(made[0]).with_suffix(suffix) for suffix in PAGES] if made else []
    page = next((file for file in beside if file.is_file() and str(file) not in made[:NAMED]), None)
    return f"Made {named}" + (f"; look at {page}" if page else "")
