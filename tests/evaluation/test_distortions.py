"""The distortions that a video judge learns to name: what each of them does to a video."""

import torch

from latentmotion.evaluation.judges.distortions import KINDS, distort


def test_each_distortion_changes_time_as_its_name_tells():
    frames = torch.arange(16.0).view(1, 16, 1, 1, 1).expand(2, 16, 3, 8, 8) / 16
    x = frames + torch.tensor([0.0, 100.0]).view(2, 1, 1, 1, 1)

    def done(kind: str) -> torch.Tensor:
        out = distort(x, torch.full((2,), KINDS.index(kind)), torch.Generator().manual_seed(0))
        return (16 * out[0].mean((1, 2, 3))).round().int()

    times = torch.arange(16)
    assert done("none").equal(times.int())
    assert sorted(done("shuffled").tolist()) == times.tolist() and not done("shuffled").equal(times.int())
    assert (done("swapped") != times).sum() == 2 and sorted(done("swapped").tolist()) == times.tolist()
    stops = done("frozen").max()
    assert stops < 8 and done("frozen").equal(times.clamp(max=stops).int())
    assert done("slowed").diff().tolist() == [0, 1] * 7 + [0]
    assert done("hurried").tolist() == [*range(0, 16, 2), *range(14, -1, -2)]
    start = int((done("spliced") > 1000).int().argmax())
    assert (
        4 <= start < 12
        and (done("spliced")[start:] > 1000).all()
        and done("spliced")[:start].equal(times[:start].int())
    )
    assert done("doubled").float().sub(800 + times).abs().max() <= 1
    for kind in ("shaken", "blurred"):
        assert done(kind).equal(times.int())


def test_distortions_of_the_picture():
    x = torch.full((1, 16, 3, 8, 8), -0.5)
    x[..., 3:5, 3:5] = 0.5

    def done(kind: str) -> torch.Tensor:
        return distort(x, torch.tensor([KINDS.index(kind)]), torch.Generator().manual_seed(1)) - x

    assert done("none").std() < 0.05 < 0.09 < done("noisy").std()
    assert 0.1 < -done("blurred")[..., 3, 3].mean() < 0.7
    gone = -done("erased")[0, :, 0, 3:5, 3:5].mean(0)
    assert ((gone > 0.9).sum(), (gone.abs() < 0.1).sum()) == (2, 2)
    assert done("shaken").abs().max() > 0.9
