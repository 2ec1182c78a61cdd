"""The weights of networks, in files of the format safetensors, which holds numbers only and no code."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from latentmotion.core.errors import UserError


def load_weights(network: nn.Module, path: Path, name: str) -> None:
    """Fills a network with the weights of a file.

    Arguments:
        name: what the network is, for the message.

    Raises UserError where the file is no safetensors file, or has the weights of another network.
    """
    try:
        network.load_state_dict(load_file(path))
    except (RuntimeError, SafetensorError, OSError) as error:
        raise UserError(f"{path}: does not fit {name}: {str(error).splitlines()[0]}") from None
