"""The contract of every model that an installed package adds. `TINY` of its module has the sizes of a small network."""

import pytest

from latentmotion.contracts import models
from latentmotion.core.plugins import import_module, plugins

ADDED = sorted(plugins("models"))


@pytest.fixture(params=ADDED)
def make(request):
    return models.maker(request.param, getattr(import_module("models", request.param), "TINY", {}))


def test_it_learns(make):
    models.learns(make)


def test_it_keeps_its_capabilities(make):
    models.keeps_its_capabilities(make)


def test_a_sample_does_not_depend_on_its_neighbours(make):
    if not models.samples_alone(make):
        pytest.skip("does not sample")


def test_same_seed_same_bits_and_weights_survive_saving(make):
    models.repeats(make)


def test_bfloat16_follows_float32(make):
    models.follows_in_bfloat16(make)
