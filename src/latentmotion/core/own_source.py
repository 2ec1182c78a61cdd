"""Whether the code that runs is that of the project's folder in which it runs, and not that of another checkout."""

from pathlib import Path

import latentmotion
from latentmotion.core.errors import UserError


def check(project: Path = Path()) -> None:
    """Raises UserError where the folder has sources of this package of its own, and others were imported.

    This happens where the environment of one checkout is active in another one: every change there would be ignored.
    """
    own, imported = project.resolve() / "src/latentmotion", Path(latentmotion.__file__).resolve().parent
    if (own / "__init__.py").is_file() and own != imported:
        raise UserError(
            f"{own}: is not what would run, {imported} is, because the environment of that folder is active; run 'make"
            " .venv/.ok && . .venv/bin/activate' here, or set PYTHONPATH=$PWD/src"
        )
