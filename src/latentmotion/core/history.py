"""The history of a training: a file of lines, each a JSON object of `step` and the values that were measured there."""

import json
import math
from pathlib import Path

from latentmotion.core.errors import UserError


def read_history(path: Path) -> list[dict]:
    """The points of a history. Raises UserError for a file that cannot be read or a line that is no point."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); train it again") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: damaged (not text); train it again") from None
    points = []
    for number, line in enumerate(lines, 1):
        try:
            point = json.loads(line)
        except (ValueError, RecursionError):
            point = None
        if not _is_point(point) or (points and point["step"] <= points[-1]["step"]):
            raise UserError(f"{path}: line {number} is damaged; train it again")
        points.append(point)
    return points


def _is_point(point: object) -> bool:
    if not isinstance(point, dict) or not isinstance(point.get("step"), int):
        return False
    return all(type(value) in (int, float) and math.isfinite(value) for value in point.values())
