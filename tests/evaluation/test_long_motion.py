"""Protocols of long motion: models whose motion decays, drifts or goes on score as their construction predicts."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from support.shifting_sequences import SPEED, context, measured, prepared

from latentmotion.data.sequences import write
from latentmotion.evaluation.metrics.kendall_w import kendall_w
from latentmotion.evaluation.metrics.rank_correlation import rank_correlation
from latentmotion.evaluation.metrics.slope import slope
from latentmotion.evaluation.protocols import (
    dynamics,
    encoded_paths,
    energy,
    long_motion_swap,
    long_roll_out,
    one_operator,
    predict,
)
from latentmotion.models.base import SequenceModel

TURN = 2 * np.pi / 8  # of a state in a frame: back after 8 frames, as the sequences are


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shifts") / "shifts"
    write(prepared(), folder, {})
    return folder


class Circles(SequenceModel):
    """Canary: a state (q, p) for each frame, on a circle; its decoder paints q and p, and it knows the true pictures.

    Arguments:
        keeps: the factor by which every step multiplies a state.
        operators: K; all of them move.
        stops: the number of frames after which `predict` shows the same frame for ever.
    """

    def __init__(self, keeps: float = 1.0, operators: int = 1, stops: int = 10**6):
        super().__init__()
        self.keeps, self.operators, self.stops = keeps, operators, stops
        self.capabilities = frozenset({"encode", "sample_motion", "predict", "dynamics", "energy"})

    def phase(self, x):
        """The angle of the last frame: its mean brightness tells sequences apart, its place in time counts."""
        return x[:, 0].mean((1, 2, 3)) * 40 + TURN * (x.shape[1] - 1)

    def state(self, x, action):
        angle = self.phase(x)[:, None].expand(-1, self.operators)
        return torch.stack([angle.cos(), angle.sin()], -1)

    def advance(self, state, first, last):
        time = torch.arange(first, last + 1)
        speed = TURN * torch.arange(1, self.operators + 1) if self.operators > 1 else torch.tensor([TURN])
        angle = time[:, None] * speed
        turn = torch.stack(
            [torch.stack([angle.cos(), -angle.sin()], -1), torch.stack([angle.sin(), angle.cos()], -1)], -2
        )
        return torch.einsum("tkij,bkj->btki", turn, state) * self.keeps ** time[:, None, None]

    def motion_of(self, states):
        return states.flatten(2)

    def encode(self, x, action):
        motion = self.motion_of(torch.stack([self.state(x[:, : t + 1], action) for t in range(x.shape[1])], 1))
        return x.new_zeros(len(x), 1), motion

    def decode(self, content, motion):
        q, p = motion.unflatten(2, (self.operators, 2)).mean(2).unbind(-1)
        return torch.stack([q, p, p], 2)[..., None, None].expand(-1, -1, -1, 4, 4)

    def predict(self, first, length, action):
        frames = [
            torch.stack(
                [x[0].roll(int(SPEED[a]) * min(t, self.stops), dims=-1) for x, a in zip(first, action, strict=True)]
            )
            for t in range(length)
        ]
        return torch.stack(frames, dim=1)

    def energies(self, states):
        q, p = states.double().unbind(-1)
        parts = {"kinetic": p * p / 2, "potential": q * q / 2, "nonseparable": 0 * q}
        return parts | {"total": parts["kinetic"] + parts["potential"]}


class Moves:
    """A judge that sees whether anything moves in its window: class 0 if it does, 1 if not, 2 never."""

    record = {"kind": "motion"}

    def probabilities(self, x):
        still = (x[:, 1:] == x[:, :-1]).flatten(1).all(1).long()
        return torch.nn.functional.one_hot(still, 3).double()


def judged(folder, model):
    given = context(folder, model)
    given.judges["action"] = Moves()
    assert long_roll_out.applies(given)
    with torch.no_grad():
        return long_roll_out.measure(given)


def test_motion_that_goes_on_is_judged_alike_to_the_end(folder):
    found, share = judged(folder, Circles()), np.mean(np.arange(90) % 3 == 0)
    assert found["action_accuracy_first"] == found["action_accuracy_last"] == pytest.approx(share)
    assert found["action_same"] == found["action_kept"] == 1
    assert found["change_last"] == pytest.approx(1, rel=1e-3) and found["mse_last"] == pytest.approx(0, abs=1e-9)


def test_motion_that_stops_is_seen_in_the_last_window(folder):
    found = judged(folder, Circles(stops=20))
    assert found["action_same"] == 0 and found["change_last"] == 0
    assert found["change"] == pytest.approx(1, rel=1e-3) and found["mse_slope"] > 0 and found["mse_growth"] > 1e3
    assert judged(folder, Circles(stops=10))["change"] == 0


def test_errors_beyond_the_length_of_training_count_apart(folder):
    found = measured(predict, folder, Circles(stops=7))
    assert found["mse_within"] == pytest.approx(0, abs=1e-9) and found["ssim_within"] == pytest.approx(1, abs=1e-5)
    assert found["mse_beyond"] > 0.001 and found["ssim_beyond"] < 0.9 and found["mse_slope"] > 0
    assert found["mse_growth"] == 1e6
    assert "mse_beyond" not in measured(predict, folder, Circles(), predict_length=8)


def test_swapped_motion_that_decays_comes_to_rest(folder):
    steady, decaying = (measured(long_motion_swap, folder, Circles(keeps=keeps)) for keeps in (1.0, 0.9))
    assert steady["change"] == pytest.approx(steady["change_last"], rel=0.2) and steady["change"] > 0
    # The squared change falls by 0.9² a frame; both quarters are means over the same phases of the circle.
    assert decaying["change_last"] < 1e-3 * decaying["change"] < decaying["change"] < steady["change"]


def test_frames_that_are_no_numbers_are_grey(folder):
    class Breaks(Circles):
        def predict(self, first, length, action):
            x = super().predict(first, length, action)
            x[:, 50:] = torch.nan
            return x

    found = judged(folder, Breaks())
    assert found["change_last"] == 0 and found["mse_first"] < 1e-9 < 1e-3 < found["mse_last"]


def test_growth_is_bounded_or_it_is_not(folder):
    steady, decaying = (measured(dynamics, folder, Circles(keeps=keeps)) for keeps in (1.0, 0.99))
    assert steady["bounded"] == steady["bounded_far"] == 1 and steady["growth_worst"] == pytest.approx(1, abs=1e-4)
    assert steady["growth_rate"] == pytest.approx(0, abs=1e-6)
    assert decaying["bounded"] == 0 and decaying["growth_worst"] == pytest.approx(0.99**-100, rel=1e-3)
    assert decaying["growth_far"] == pytest.approx(0.99**1000, rel=1e-2) and decaying["bounded_far"] == 0
    assert decaying["growth_rate"] == pytest.approx(np.log(0.99), abs=1e-6)


def test_the_terms_of_an_energy_range_while_it_is_constant(folder):
    found = measured(energy, folder, Circles())
    assert found["energy_drift"] < 1e-5 and found["nonseparable_range"] == 0
    # At eight phases a cycle, the largest square is from cos²(22.5 degrees) to 1, and the smallest one from sin² of it.
    assert 0.7 < found["kinetic_range"] < 1.001 and 0.7 < found["potential_range"] < 1.001


def test_states_on_a_circle_are_in_order_and_roll_outs_stay_on_it(folder):
    found = measured(encoded_paths, folder, Circles())
    assert found["state_order"] > 0.95 and found["motion_order"] > 0.95
    assert found["manifold_distance"] == pytest.approx(1, abs=0.1)
    assert measured(encoded_paths, folder, Circles(keeps=0.97))["manifold_distance"] > 10


def test_the_energy_within_sequences_is_a_share_of_the_whole(folder):
    class Spread(Circles):
        """The amplitude of a sequence is its own and grows by a little from frame to frame."""

        def state(self, x, action):
            return super().state(x, action) * (1 + action + 0.01 * x.shape[1])[:, None, None]

    assert 0 < measured(encoded_paths, folder, Spread())["energy_within"] < 0.01

    class Loose(Circles):
        def state(self, x, action):
            return super().state(x, action) * float(x.shape[1])

    assert measured(encoded_paths, folder, Loose())["energy_within"] == pytest.approx(1)


def test_operators_of_different_speed_move_to_different_extents(folder):
    given = context(folder, Circles(operators=3))
    assert one_operator.applies(given) and not one_operator.applies(context(folder, Circles()))
    with torch.no_grad():
        found = one_operator.measure(given)
        alike = one_operator.measure(context(folder, Alike(operators=3)))
    assert found["operator_p"] < 1e-6 and found["operator_agreement"] > 0.9
    assert found["operator_spread"] > 1 > alike["operator_agreement"] and alike["operator_p"] > 1e-3


class Alike(Circles):
    """Its operators are equally fast, and each sequence prefers one of them at random."""

    def advance(self, state, first, last):
        lengths = torch.rand(len(state), self.operators, generator=torch.Generator().manual_seed(0)) + 0.5
        angle = TURN * torch.arange(first, last + 1)
        return torch.stack([angle.cos(), angle.sin()], -1)[None, :, None] * lengths[:, None, :, None]


def test_concordance_ranks_and_slopes_of_known_lists():
    assert kendall_w(np.tile([1.0, 5.0, 2.0], (4, 1))) == pytest.approx(1)
    assert kendall_w([[1, 2, 3], [2, 3, 1], [3, 1, 2]]) == pytest.approx(0)
    assert kendall_w([[1, 2], [2, 1], [1, 2]]) == pytest.approx(1 / 9)
    found = rank_correlation([[1, 2, 3, 4], [1, 2, 3, 4], [1, 1, 1, 1]], [[1, 4, 9, 16], [4, 3, 2, 1], [1, 2, 3, 4]])
    np.testing.assert_allclose(found, [1, -1, 0])
    assert rank_correlation([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(0.9486833)  # scipy.stats.spearmanr
    assert slope([3.0, 5.0, 7.0]) == pytest.approx(2)
    for metric, wrong in ((kendall_w, [[1.0]]), (slope, [1.0])):
        with pytest.raises(ValueError):
            metric(wrong)
    with pytest.raises(ValueError):
        rank_correlation([1.0, np.nan], [1.0, 2.0])


def test_only_what_there_is_to_judge_is_entered(folder):
    assert not long_roll_out.applies(context(folder, Circles()))
    assert not encoded_paths.applies(SimpleNamespace(codes=None))
