"""Trainings of a few steps of every system, each on a data set that params.yaml trains it on, at scale tiny."""

from pathlib import Path

from latentmotion.config import params
from latentmotion.config.catalogue import dataset_name
from latentmotion.config.settings import prepare_settings, training_settings
from latentmotion.core.records import read_record
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.training import train as training
from latentmotion.training.train import CheckpointPlan, TrainingJob
from support.campaign import size
from support.project import ROOT

P = params.load(ROOT / "params.yaml", {"scale": "tiny"})
STEPS = 4
# Every system and every kind of it that has a step or networks of its own; the other models differ in numbers only.
SYSTEMS = {
    "halo": "sprites-drawn", "halo-skew": "sprites-drawn", "halo-linear": "sprites-drawn", "halo-rnn": "sprites-drawn",
    "halo-fourier": "sprites-drawn", "halo-shared": "sprites-drawn", "halo-nonlinear": "sprites-drawn",
    "halo-unconditional": "faces-drawn", "dsvae": "sprites-drawn", "dsvae-complex": "sprites-drawn",
    "dsvae-weak": "faces-drawn", "dsvae-tfgan": "moving_shapes", "s3vae": "sprites-drawn", "mocogan": "sprites-drawn",
    "mocogan-unconditional": "pendulum", "rwae": "sprites-drawn", "rwae-complex": "sprites-drawn",
    "rwae-gan": "sprites-drawn", "rwae-weak": "faces-drawn", "rwae-gan-weak": "faces-drawn",
    "fhvae": "spoken_digits-drawn", "gppvae-dis": "rotating_mnist-drawn", "gppvae-joint": "rotating_mnist-drawn",
    "ode2vae": "rotating_mnist-drawn", "ode2vae-kl": "rotating_mnist-drawn", "hgan": "pendulum", "hnn-gan": "pendulum",
    "hgn": "pendulum", "flow": "ring", "flow-kappa-1e-1": "ring", "flow-finite": "ring_finite",
}  # fmt: skip
SYSTEMS = dict(list(SYSTEMS.items())[:: max(1, len(SYSTEMS) // size(len(SYSTEMS)))])


def prepare_all(folder: Path) -> None:
    """Prepares the data sets of SYSTEMS in the folder, each under its id."""
    for dataset in dict.fromkeys(SYSTEMS.values()):
        prepare(dataset_name(dataset), None, folder / dataset, prepare_settings(P, dataset))


def train(model: str, data: Path, folder: Path, every: float = 1e9) -> dict:
    """Trains a model for STEPS steps into folder/run, with checkpoints in folder/state, and returns its record."""
    settings = training_settings(P, model, SYSTEMS[model])
    settings["training"]["steps"] = STEPS
    job = TrainingJob(model, PreparedDataset.open(data / SYSTEMS[model]), 0, settings)
    training.train(job, folder / "run", CheckpointPlan(folder / "state", every), "cpu")
    return read_record(folder / "run/record.json")
