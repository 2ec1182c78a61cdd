"""The precision of a training follows what the machine has instructions for, and its record says which it was."""

import pytest
import torch

from latentmotion.training import precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
@pytest.mark.parametrize("has", [True, False])
def test_float32_takes_the_place_of_a_bfloat16_that_would_be_imitated(monkeypatch, wanted, has):
    monkeypatch.setattr(precision, "computes_bfloat16", lambda device: has)
    assert precision.precision_on(CPU, wanted) == (wanted if has else "float32")
