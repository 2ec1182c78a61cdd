"""Errors of MLflow and of its store, each as one line with advice."""

import logging
import re
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import requests
from alembic.util.exc import CommandError
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from latentmotion.core.errors import UserError
from latentmotion.pipeline.tracking import store

FULL = ("disk I/O error", "disk is full")  # what SQLite says of a file that cannot grow


@contextmanager
def one_line(place: str | Path):
    """Turns an error of MLflow, which may take many lines, into a UserError with one line that names what to do."""
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # prints the traceback of what it raises
    try:
        yield
    except (MlflowException, requests.RequestException, SQLAlchemyError, CommandError) as error:
        reason = re.split(r"Caused by \w+\(|: ", str(error).splitlines()[0])[-1].strip("\"'() ")
        advice = "start `mlflow server` there, or correct MLFLOW_TRACKING_URI"
        if isinstance(place, Path):
            reason = str(_of_sqlite(error) or reason)
            advice = _local_advice(f"{error} {reason}", place)
        match getattr(error, "error_code", None):
            case "UNAUTHENTICATED":
                reason, advice = (
                    "asks for a user name and a password",
                    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
                )
            case "PERMISSION_DENIED":
                reason = "refuses you"
                advice = "ask for the right to write, or for this host's name in its --allowed-hosts"
            case "ENDPOINT_NOT_FOUND":
                reason = "there is no MLflow at that address"
        raise UserError(f"{place}: {reason}; {advice}") from None


def _of_sqlite(error: BaseException | None) -> sqlite3.Error | None:
    """The error of SQLite behind an error of SQLAlchemy or MLflow, whose own texts may name another cause."""
    while error and not isinstance(error, sqlite3.Error):
        error = error.__cause__ or error.__context__
    return error


def _local_advice(message: str, place: Path) -> str:
    """What to do about a database file that MLflow cannot use. Everything in it can be made again from the records."""
    if "locked" in message:
        return "another program writes to it; wait for it and repeat"
    if any(text in message for text in FULL):
        return "free space on its disk, and repeat"
    if "out-of-date" in message or "schema" in message:
        return f"upgrade it with 'mlflow db upgrade {store.SQLITE}{place}' and repeat"
    return "move it away and repeat: it is made again from the records"
