"""How a function becomes a verb of the command line `latentmotion`. The verbs themselves are in cli.py."""

import functools
import json
import sys

import typer

from latentmotion.core import own_source
from latentmotion.core.errors import UserError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
LONGEST = 200  # the most characters of a path in a message of the system
JOBS = "Jobs, which the workflow calls with explicit paths and settings"


def option(**keywords):
    """An option that only the workflow uses."""
    return typer.Option(rich_help_panel="For the workflow", **keywords)


def verb(function, panel: str | None = None):
    """Registers a verb. A UserError becomes one line on stderr, and its code the exit code.

    An error of the system that names a file, such as one whose name is too long, becomes one line too.
    """

    name = function.__name__.strip("_").replace("_", "-")

    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        try:
            own_source.check()
            function(*args, **kwargs)
            return
        except UserError as error:
            failure = error
        except OSError as error:
            if error.filename is None:  # then no path of the user's is to blame, and the traceback says more
                raise
            path = str(error.filename)[:LONGEST]
            failure = UserError(f"{path}: {error.strerror}; correct the path, or its rights")
        print(f"latentmotion {name}: {printable(failure)}", file=sys.stderr)
        raise typer.Exit(failure.code)

    return app.command(name, rich_help_panel=panel)(wrapped)


def printable(error: UserError) -> str:
    """The message in one line. Line breaks and other control characters, as a name may have, are shown as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(error))


def job(function):
    """Registers a verb that a rule of the workflow calls."""
    return verb(function, JOBS)


def parse(settings: str) -> dict:
    """The settings of a job, which it gets as JSON. Raises UserError for another text."""
    try:
        return json.loads(settings)
    except ValueError as error:
        raise UserError(f"--settings: not JSON ({error}); run the verb through its Snakemake target") from None
