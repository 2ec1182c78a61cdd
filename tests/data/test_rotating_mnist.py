"""Rotating MNIST: its files and angles, the missing-angle protocol, and the models GPPVAE and ODE2VAE made for it."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from latentmotion.config.schema import Training
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import seed_torch
from latentmotion.data.datasets import rotating_mnist
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset, Split
from latentmotion.evaluation.protocols import missing_angle, nearest_angle
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models.base import Batch, DataShape
from latentmotion.models.components.acceleration import Acceleration
from latentmotion.models.components.digits import DigitDecoder, DigitEncoder
from latentmotion.models.components.gaussian_process import ObjectViewProcess
from latentmotion.training.batches import batch_of
from latentmotion.training.device import autocast
from latentmotion.training.load import build

REAL = {"source": "real", "size": 28, "frames": 16, "options": {"instances": 12}}
DRAWN = {"source": "drawn", "size": 16, "frames": 16, "options": {"instances": 12}}
GPPVAE = {"width": 4, "dense": 16, "features": 8, "latent": 3, "rank": 4}
ODE2VAE = {"width": 4, "decoder_width": 4, "dense": 16, "features": 8, "position": 3, "hidden": 6}


def idx(values: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, values.ndim)) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return head + values.astype(np.uint8).tobytes()


@pytest.fixture
def raw(tmp_path) -> Path:
    """Files in MNIST's format: 40 pictures, every other one a three, which is a bar to the right of the centre."""
    images = np.zeros((40, 28, 28), np.uint8)
    images[:, 13:15, 15:24] = np.arange(40)[:, None, None] + 200
    folder = tmp_path / "raw"
    (folder / "mnist").mkdir(parents=True)
    (folder / rotating_mnist.IMAGES).write_bytes(gzip.compress(idx(images)))
    (folder / rotating_mnist.LABELS).write_bytes(gzip.compress(idx(np.arange(40) % 2 * 3)))
    return folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "rotating_mnist-drawn"
    prepare("rotating_mnist", None, folder, DRAWN)
    return folder


def split(folder: Path, name: str) -> Split:
    return PreparedDataset.open(folder).split(name)


def context(folder: Path, model=None, name: str = "test") -> EvaluationContext:
    return EvaluationContext(
        model,
        split(folder, name),
        split(folder, "train"),
        PreparedDataset.open(folder),
        torch.device("cpu"),
        {"seed": 0},
        None,
    )


def test_only_threes_are_taken_and_a_quarter_turn_is_exact(raw, tmp_path):
    threes = rotating_mnist.mnist(raw)
    assert len(threes) == 20 and set(threes.max(axis=(1, 2))) == set(range(201, 240, 2))
    turned = rotating_mnist.rotate(threes, 16, 28)[:, :, 0]
    assert np.array_equal(turned[:, 0], threes)
    for quarter in range(4):
        assert np.array_equal(turned[:, 4 * quarter], np.rot90(threes, quarter, axes=(1, 2)))
    mass = turned.astype(float).sum(axis=(2, 3))
    assert np.abs(mass / mass[:, :1] - 1).max() < 0.05, "a rotation neither adds nor loses ink"
    half = rotating_mnist.rotate(threes, 16, 14)[:, :, 0].astype(float).sum(axis=(2, 3))
    assert np.abs(half / mass * 4 - 1).max() < 0.1
    prepare("rotating_mnist", raw, tmp_path / "out", REAL)
    assert split(tmp_path / "out", "train").x.shape == (12, 16, 1, 28, 28)


def test_every_digit_hides_the_missing_angle_and_others_that_only_validation_scores(drawn):
    train, validation, test = (split(drawn, name) for name in ("train", "validation", "test"))
    for part in (train, validation, test):
        assert np.array_equal(part.seen, train.seen) and np.array_equal(part.group, train.group)
        assert (part.x[part.seen].max(axis=(1, 2, 3)) > 0).all()
        assert not part.x[~(part.seen | part.scored)].any(), "a hidden frame is shown"
        assert np.array_equal(part.x[part.seen], train.x[train.seen])
    assert (train.seen.sum(1) == 11).all() and not train.scored.any()
    assert (validation.scored.sum(1) == 4).all() and not validation.scored[:, rotating_mnist.MISSING].any()
    assert np.array_equal(test.scored, np.broadcast_to(np.arange(16) == 3, test.scored.shape))
    assert len(np.unique(validation.scored, axis=0)) > 1, "the same angles are hidden on every digit"
    assert (test.x[test.scored].max(axis=(1, 2, 3)) > 0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"options": {"instances": 184}}, "instances': 184, but the source has 183 threes"),
        ({"options": {"hidden": 1}}, "hidden': 1 of 16 angles; from 2"),
        ({"options": {"hidden": 16}}, "hidden': 16 of 16 angles"),
        ({"frames": 3}, "frames': 3; the angle 3 is to be missing"),
    ],
)
def test_impossible_settings_are_named(changes, message, tmp_path):
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        prepare("rotating_mnist", None, tmp_path / "out", DRAWN | changes)


@pytest.mark.parametrize(
    ("file", "harm", "message"),
    [
        ("IMAGES", lambda packed: packed[:-9], "truncated or not a gzip file"),
        ("IMAGES", gzip.decompress, "truncated or not a gzip file"),
        ("IMAGES", lambda packed: gzip.compress(b"\0\0\x0d" + gzip.decompress(packed)[3:]), "starts with 00000d03"),
        ("LABELS", lambda packed: gzip.compress(gzip.decompress(packed)[:20]), "should hold 40 numbers, not 12"),
        ("LABELS", lambda packed: gzip.compress(gzip.decompress(packed)[:6]), "not a whole header of 00000801"),
        ("LABELS", lambda _: b"", "starts with nothing"),
        ("LABELS", lambda _: gzip.compress(idx(np.full(39, 3))), "39 labels for 40 images"),
        ("LABELS", lambda _: gzip.compress(idx(np.full(40, 8))), "12, but the source has 0 threes"),
        ("LABELS", lambda _: None, "missing; fetch it again"),
    ],
)
def test_bad_mnist_files_are_named(raw, tmp_path, file, harm, message):
    path = raw / getattr(rotating_mnist, file)
    harmed = harm(path.read_bytes())
    path.unlink() if harmed is None else path.write_bytes(harmed)
    with pytest.raises(UserError, match=message) as error:
        prepare("rotating_mnist", raw, tmp_path / "out", REAL)
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()


class Copies:
    """Completes every frame by the truth, which only a protocol that leaks can give it, else by black."""

    def complete(self, batch: Batch) -> torch.Tensor:
        return batch.x


def test_missing_angle_hides_what_it_scores_and_averages_over_scored_frames(drawn):
    test = split(drawn, "test")
    scores = missing_angle.measure(context(drawn, Copies()))
    black = (test.x[test.scored].astype(np.float64) / 255) ** 2
    assert scores["mse"] == pytest.approx(black.mean(), rel=1e-5)
    assert scores["mse_seen"] == pytest.approx(0, abs=1e-12)
    expected = -10 * np.log10(black.mean(axis=(1, 2, 3)))
    assert scores["psnr"] == pytest.approx(expected.mean(), rel=1e-4)
    validation = split(drawn, "validation")
    black = (validation.x[validation.scored].astype(np.float64) / 255) ** 2
    assert missing_angle.measure(context(drawn, Copies(), "validation"))["mse"] == pytest.approx(black.mean(), rel=1e-5)
    assert not missing_angle.applies(context(drawn, None, "train"))


def test_nearest_angle_takes_the_neighbours_around_the_circle():
    seen = torch.tensor([[True, False, False, True, False, True, True, False]])
    x = torch.arange(8.0).view(1, 8, 1, 1, 1)
    batch = Batch(x * seen.view(1, 8, 1, 1, 1), torch.zeros(1), torch.zeros(1), seen)
    copied = nearest_angle._mix(batch, nearest_angle._copy_weights).flatten().tolist()
    assert copied == [0, 0, 3, 3, 3, 5, 6, 6]
    assert nearest_angle._mix(batch, nearest_angle._mean_weights).flatten().tolist() == [0, 1.5, 1.5, 3, 4, 5, 6, 3]


def process(objects: int = 7, views: int = 6, rank: int = 3, dimensions: int = 2):
    torch.manual_seed(0)
    made = ObjectViewProcess(objects, views, rank)
    made.log_length.data.fill_(0.3)
    mean, log_variance = torch.randn(2, objects, views, dimensions, dtype=torch.float64)
    seen = torch.rand(objects, views) > 0.3
    noise, cosine = torch.sigmoid(made.noise_logit).double(), torch.nn.functional.normalize(made.features.double())
    steps = torch.arange(views)[:, None] - torch.arange(views)
    view = torch.exp(-2 * torch.sin(torch.pi * steps.double() / views) ** 2 / torch.exp(made.log_length.double()) ** 2)
    signal = (1 - noise) * torch.kron(cosine @ cosine.T, view)
    return made, mean, log_variance, seen, signal, noise


def test_process_divergence_is_that_of_dense_gaussians():
    made, mean, log_variance, seen, signal, noise = process()
    flat = seen.flatten()
    prior = signal[flat][:, flat] + noise * torch.eye(int(flat.sum()), dtype=torch.float64)
    zero = torch.zeros(int(flat.sum()), dtype=torch.float64)
    dense, likelihood = 0.0, 0.0
    for dimension in range(mean.shape[2]):
        at, variance = mean[..., dimension].flatten()[flat], log_variance[..., dimension].exp().flatten()[flat]
        posterior = MultivariateNormal(at, torch.diag(variance))
        dense = dense + kl_divergence(posterior, MultivariateNormal(zero, prior))
        likelihood = likelihood + MultivariateNormal(zero, prior).log_prob(at)
    assert made.divergence(mean, log_variance, seen).item() == pytest.approx(dense.item(), rel=1e-4)
    # Of a posterior that is almost a point, the divergence is -log density less the point's own entropy.
    points = torch.full_like(mean, -30)
    entropy = 0.5 * int(flat.sum()) * mean.shape[2] * (1 + np.log(2 * np.pi) - 30)
    assert made.divergence(mean, points, seen).item() + entropy == pytest.approx(-likelihood.item(), rel=1e-4)


def test_process_posterior_is_that_of_a_dense_solve_and_ignores_what_is_not_seen():
    made, mean, _, seen, signal, noise = process()
    flat = seen.flatten()
    covariance = signal[flat][:, flat] + noise * torch.eye(int(flat.sum()), dtype=torch.float64)
    dense = signal[:, flat] @ torch.linalg.solve(covariance, mean.flatten(0, 1)[flat])
    found = made.posterior(mean, seen)
    torch.testing.assert_close(found.flatten(0, 1), dense, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(made.posterior(torch.where(seen[..., None], mean, 1e3), seen), found)


def network(system: str, folder: Path, **extra):
    shape = DataShape(frames=16, channels=1, size=16, actions=1, groups=12)
    seed_torch(0, "weights")
    return build({"system": system, "network": {**(GPPVAE if system == "gppvae" else ODE2VAE), **extra}}, shape)


def batch(folder: Path, ids=range(12), name: str = "train") -> Batch:
    part = split(folder, name)
    return batch_of(part, np.array(ids), split(folder, "train").group, torch.device("cpu"))


def step(model, given: Batch, progress: float):
    model.progress = progress
    optimisers = model.optimisers(Training(steps=2, batch=12, lr=1e-3))
    return model.step(given, optimisers, autocast(torch.device("cpu"), "float32"))


def changed(model, before: dict) -> set[str]:
    """The parts of a model of which a parameter is not what it was."""
    return {name.split(".")[0] for name, value in model.named_parameters() if not torch.equal(value, before[name])}


@pytest.mark.parametrize(
    ("fit", "progress", "moving"),
    [
        ("joint", 0.1, {"encoder", "head", "decoder", "process"}),
        ("joint", 0.9, {"encoder", "head", "decoder", "process"}),
        ("disjoint", 0.1, {"encoder", "head", "decoder", "process"}),
        ("disjoint", 0.9, {"process"}),
    ],
)
def test_gppvae_trains_its_parts_in_turn(drawn, fit, progress, moving):
    model = network("gppvae", drawn, fit=fit)
    before = {name: value.clone() for name, value in model.named_parameters()}
    step(model, batch(drawn), progress)
    assert changed(model, before) == moving


def test_the_process_acts_on_the_encoder_only_in_the_joint_part(drawn):
    def gradient(progress):
        model = network("gppvae", drawn)
        model.progress = progress
        losses = model.losses(batch(drawn))
        losses["kl_process"].backward()
        return model.head.mean.weight.grad

    assert gradient(0.1) is None and gradient(0.9).abs().max() > 0


def test_gppvae_completes_from_the_codes_of_all_training_frames(drawn):
    model = network("gppvae", drawn)
    for ids in (range(8), range(4, 12)):
        step(model, batch(drawn, ids), 0.9)
    model.eval()
    given = batch(drawn)
    with torch.no_grad():
        x = model.complete(batch(drawn, [3, 1], "test"))
        codes = torch.zeros(12, 16, 3)
        codes[given.seen] = model.head(model.encoder(given.x[given.seen]))[0]
        expected = model.decoder(model.process.posterior(codes, given.seen)[[3, 1]].flatten(0, 1))
    torch.testing.assert_close(x.flatten(0, 1), expected)
    stranger = Batch(given.x, given.action, torch.full_like(given.object, -1), given.seen)
    with pytest.raises(UserError, match="only objects that it was trained on"):
        model.complete(stranger)


def test_acceleration_trace_is_that_of_its_jacobian():
    torch.manual_seed(0)
    field = Acceleration(3, 7)
    s, v = torch.randn(2, 5, 3)
    drawn = field.draw()
    _, trace = drawn(s, v)
    for i in range(5):
        jacobian = torch.autograd.functional.jacobian(lambda at, i=i: drawn(s[i : i + 1], at)[0], v[i : i + 1])
        assert trace[i].item() == pytest.approx(jacobian[0, :, 0].trace().item(), abs=1e-6)
    assert not torch.equal(drawn(s, v)[0], field.draw()(s, v)[0])
    flat = torch.cat([parameter.flatten() for parameter in (*field.weight, *field.bias)])
    exact = kl_divergence(Normal(flat, torch.full_like(flat, 1e-2)), Normal(0.0, 1.0)).sum()
    assert field.divergence().item() == pytest.approx(exact.item(), rel=1e-4)


class Oscillator:
    """dv/dt = -s - v / 2, whose trace is -q / 2."""

    def __call__(self, s, v):
        return -s - v / 2, torch.full((len(s),), -0.5 * s.shape[1])


def test_ode2vae_integrates_states_and_densities_both_ways():
    model = network("ode2vae", None)
    z, log_q = torch.randn(4, 6), torch.randn(4)
    path, density = model._integrate(Oscillator(), z, log_q, 10)
    back, undone = model._integrate(Oscillator(), path[:, -1], density[:, -1], -10)
    torch.testing.assert_close(back[:, -1], z, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(undone[:, -1], log_q, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(density[:, -1], log_q + 0.5 * 3 * 1.0)
    generator = torch.tensor([[0.0, 1.0], [-1.0, -0.5]])
    exact = torch.einsum("ij,bjq->biq", torch.linalg.matrix_exp(generator), z.view(4, 2, 3)).flatten(1)
    torch.testing.assert_close(path[:, -1], exact, atol=1e-5, rtol=1e-4)


def test_ode2vae_completes_from_the_first_frame_that_is_seen_alone(drawn):
    model = network("ode2vae", drawn).eval()
    given = batch(drawn, name="test")
    start = given.seen.int().argmax(1)
    assert start.max() > 0, "no digit hides its first angle"
    with torch.no_grad():
        x = model.complete(given)
        late = int(start.argmax())
        frame = given.x[late : late + 1, start[late]]
        states = model.advance(model.state(frame[:, None], given.action[:1]), -int(start[late]), 15 - int(start[late]))
        expected = model.decode(torch.empty(1, 0), model.motion_of(states))[0]
        torch.testing.assert_close(x[late], expected, atol=1e-5, rtol=1e-4)
        others = torch.arange(16) != start[:, None]
        given.x[others] = torch.rand_like(given.x[others])
        assert torch.equal(model.complete(given), x)


def test_hidden_frames_do_not_reach_any_loss(drawn):
    given, noisy = batch(drawn), batch(drawn)
    noisy.x[~noisy.seen] = torch.rand_like(noisy.x[~noisy.seen])
    for system, extra in (("gppvae", {}), ("ode2vae", {}), ("ode2vae", {"kl": True})):
        values = []
        for chosen in (given, noisy):
            model = network(system, drawn, **extra)
            seed_torch(0, "step")
            values.append(model.losses(chosen)["total"])
        assert torch.equal(*values)


def test_ode2vae_kl_pulls_the_path_to_the_encoders_and_sequences_grow(drawn):
    plain, pulled = network("ode2vae", drawn), network("ode2vae", drawn, kl=True, growth=0.5)
    seed_torch(0, "step")
    losses = plain.losses(batch(drawn))
    seed_torch(0, "step")
    both = pulled.losses(batch(drawn))
    assert "kl_encoder" not in losses
    assert both["total"].item() == pytest.approx((losses["total"] + 0.1 * both["kl_encoder"]).item(), rel=1e-5)
    seen = torch.ones(2, 16, dtype=torch.bool)
    seen[1, :2] = False
    pulled.progress = 0.0
    assert pulled._grown(seen).sum(1).tolist() == [4, 4]
    pulled.progress = 0.25
    assert pulled._grown(seen).sum(1).tolist() == [10, 10]
    pulled.progress = 0.5
    assert torch.equal(pulled._grown(seen), seen)


@pytest.mark.parametrize("size", [16, 28, 32])
def test_digit_networks_fit_the_size(size):
    code = DigitEncoder(1, size, 4, 16, 8)(torch.rand(3, 1, size, size))
    assert code.shape == (3, 8)
    frames = DigitDecoder(8, 1, size, 4, 16)(code)
    assert frames.shape == (3, 1, size, size) and frames.abs().max() <= 1
    with pytest.raises(UserError, match=f"datasets.*size: {size + 1}"):
        DigitDecoder(8, 1, size + 1, 4, 16)


def test_without_output_normalisation_an_untrained_digit_is_dark():
    seed_torch(0, "weights")
    decoder = DigitDecoder(8, 1, 28, 4, 16, output_norm=False)
    intensities = (decoder(torch.randn(16, 8)) + 1) / 2
    assert intensities.mean().item() == pytest.approx(0.05, abs=0.03) and intensities.std() < 0.05
