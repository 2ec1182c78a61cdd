"""Loading the published networks of FVD and FID, which are downloaded as TorchScript files."""

from pathlib import Path

import torch

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest


def load_torchscript(path: Path, sha256: str, device: torch.device, key: str, metric: str) -> torch.jit.ScriptModule:
    """The network in `path`. A TorchScript file is a program, so a file with another checksum is not opened.

    Arguments:
        key: the name of the network in data/sources.csv and of its key in the section `evaluation` of params.yaml.
        metric: the metric that is measured with the network, for messages.

    Raises UserError for a missing file, another checksum, and a file that this version of torch cannot load.
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
