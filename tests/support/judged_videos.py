"""Videos of two systems at 16 px, a video judge that learnt from them, and a small network in place of I3D."""

from pathlib import Path

import torch

from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.video_judge import load_video_judge, train_video_judge

CPU = torch.device("cpu")
WATCHED = ("mass_spring", "pendulum")
SETTINGS = {"width": 6, "features": 8, "steps": 240, "batch": 8, "lr": 5e-3, "select_every": 80, "threads": 1}


def make(folder: Path) -> None:
    """Prepares both data sets in the folder and trains the judge into its subfolder `judge`."""
    options = {"sequences": 160, "test": 40, "validation": 40, "span": 64}
    for name in WATCHED:
        prepare(name, None, folder / name, {"source": "real", "size": 16, "frames": 16, "options": options})
    train_video_judge([PreparedDataset.open(folder / name) for name in WATCHED], folder / "judge", SETTINGS, "cpu")


def judge(folder: Path, name: str = "pendulum"):
    return load_video_judge(folder / "judge", PreparedDataset.open(folder / name), CPU)


class Stand(torch.nn.Module):
    """Called as the I3D file is; its features are means of what it sees, at the size it makes of it."""

    def forward(self, x: torch.Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False):
        if resize:
            size = [x.shape[2], 224, 224]
            x = torch.nn.functional.interpolate(x, size, mode="trilinear", align_corners=False)
        if rescale:
            x = 2 * x / 255 - 1
        if not return_features:
            return x.sum()[None, None]
        halves = torch.stack([x[..., :112].mean((2, 3, 4)), x[..., 112:].mean((2, 3, 4))], dim=-1).flatten(1)
        return torch.cat([halves, x.diff(dim=2).abs().mean((1, 3, 4))[:, :9]], dim=1)
