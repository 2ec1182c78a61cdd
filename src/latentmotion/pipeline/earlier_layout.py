"""Folders in which an earlier layout of the package has worked: nothing in them is deleted, and the user decides."""

from pathlib import Path

from latentmotion.core.errors import UserError

LEFT = Path("state/plan")  # only the layout before the eight folders wrote it


def refuse() -> None:
    """Raises a UserError where runs and checkpoints of the earlier layout lie, which would all be made again."""
    if LEFT.is_dir():
        raise UserError(
            f"{LEFT}: runs, judges and checkpoints here are of the earlier layout, and would be made again; nothing is"
            f" deleted. Rename {LEFT} to {LEFT}.old; after that 'snakemake --touch --forceall' accepts finished runs"
            " as they are, and 'snakemake' makes all of them again"
        )
