"""A folder in which an earlier layout of the package has worked: what it left is kept, and the user decides about it."""

from pathlib import Path

from latentmotion.core.errors import UserError

LEFT = Path("state/plan")  # only the layout before the eight folders wrote it


def refuse() -> None:
    """Raises a UserError where runs and checkpoints of the earlier layout lie, which would all be made again."""
    if LEFT.is_dir():
        raise UserError(
            f"{LEFT}: runs, judges and checkpoints here are of the earlier layout, and would be made again; nothing of"
            f" them is deleted. Rename {LEFT} to {LEFT}.old, then 'snakemake --touch --forceall' accepts finished runs as"
            " they are, or 'snakemake' makes all anew"
        )
