"""Data and judges that several tests of evaluation read; each is made once for each process of pytest."""

from pathlib import Path

import pytest
import torch
from support import judged_videos


@pytest.fixture(scope="session")
def judged(tmp_path_factory) -> Path:
    """Two systems at 16 px and a video judge that learnt from them."""
    folder = tmp_path_factory.mktemp("videos")
    judged_videos.make(folder)
    return folder


@pytest.fixture(scope="session")
def i3d(tmp_path_factory) -> Path:
    """A TorchScript file that is called as the published I3D file is."""
    path = tmp_path_factory.mktemp("i3d") / "i3d_torchscript.pt"
    torch.jit.script(judged_videos.Stand()).save(path)
    return path
