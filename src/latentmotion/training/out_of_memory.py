"""The error message of a training that does not fit into memory. The batch size is never changed automatically."""

import contextlib
from collections.abc import Iterator

import torch

from latentmotion.core import parallel
from latentmotion.core.errors import UserError

ON_CPU = "can't allocate memory"  # part of the message of the RuntimeError that torch raises on a CPU


@contextlib.contextmanager
def named(model: str, batch: int, device: torch.device) -> Iterator[None]:
    """Inside this context, running out of memory raises a UserError with the batch size and its key in params.yaml."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, torch.OutOfMemoryError | MemoryError) and ON_CPU not in str(error):
            raise
        many = parallel.processes()
        where = f"{device.type} memory" + (f" on {many} processes with {batch // many} sequences each" * (many > 1))
        raise UserError(
            f"models.{model}: a batch of {batch} does not fit into {where}; lower models.{model}.training.batch, or"
            f" raise models.{model}.gpus, which shares the same batch out"
        ) from None
