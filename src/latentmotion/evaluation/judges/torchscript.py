"""Published networks that are downloaded as TorchScript files and never replaced by another: those of FVD and FID."""

from pathlib import Path

import torch

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest


def load_torchscript(path: Path, sha256: str, device: torch.device, key: str, metric: str) -> torch.jit.ScriptModule:
    """The network in `path`. A TorchScript file is a program: one with another checksum is not even opened.

    Arguments:
        key: what data/sources.csv, and in `evaluation` the key that asks for it, call the network.
        metric: what is measured on it, for messages.
    """
    path = Path(path)
    how = f"fetch it with 'latentmotion fetch --dataset {key} --out {path.parent}'"
    if not path.is_file():
        raise UserError(f"{path}: no such file, so no {metric}; {how}, or set evaluation.{key} to false")
    found = file_digest(path)
    if found != sha256:
        raise UserError(f"{path}: sha256 {found[:12]}... instead of {sha256[:12]}...; delete it and {how}")
    try:
        return torch.jit.load(path, map_location=device).eval()
    except RuntimeError as error:
        raise UserError(
            f"{path}: no TorchScript file that this torch can read ({str(error).splitlines()[0]})"
        ) from None
