"""The protocol swapped-speech: voices made of a pitch and a moving formant, recombined rightly and wrongly."""

import numpy as np
import pytest
import torch
from support.shifting_sequences import context

from latentmotion.data.audio.codec import Codec
from latentmotion.data.audio.spectrogram import Spectrogram
from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.evaluation.protocols import swapped_speech
from latentmotion.models.base import SequenceModel

RATE, SIZE, FRAMES = 8000, 200, 20
PITCHES = 110.0, 165.0, 240.0  # Hz: 7 and 6.5 semitones apart
GLIDES = (500.0, 1500.0), (1500.0, 500.0), (900.0, 2500.0)  # where a formant starts and ends, in Hz: the "digits"
TAKES = 20
CODEC = Codec(Spectrogram(RATE, SIZE), np.full(SIZE, -60.0), np.full(SIZE, 20.0))


def voice(pitch: int, glide: int, take: int) -> np.ndarray:
    """Harmonics of a pitch, weighted by a formant that glides, and a little noise: (FRAMES, SIZE), standardised."""
    spectrogram = CODEC.spectrogram
    time = np.arange(spectrogram.samples(FRAMES)) / RATE
    start, end = GLIDES[glide]
    formant = start + (end - start) * time / time[-1]
    tones = PITCHES[pitch] * np.arange(1, 3600 // PITCHES[pitch])[:, None]
    sound = (np.cos(2 * np.pi * tones * time) / (1 + ((tones - formant) / 300) ** 2)).sum(0)
    sound += 0.02 * np.random.default_rng([pitch, glide, take]).standard_normal(len(sound))
    return CODEC.standardise(spectrogram.log_magnitude(0.1 * sound))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    cells = np.stack(np.meshgrid(range(3), range(3), range(TAKES), indexing="ij"), -1).reshape(-1, 3)
    pitch, glide, take = cells.T
    x = np.stack([voice(*map(int, cell)) for cell in cells])
    labels = {"action": np.zeros(len(x), int), "digit": glide, "speaker": pitch}
    specs = {
        "action": LabelSpec("aside", ("speech",)),
        "digit": LabelSpec("aside", ("a", "b", "c")),
        "speaker": LabelSpec("content", ("low", "middle", "high")),
    }
    split = np.array(["train", "validation", "test"])[np.digitize(take, [TAKES // 2, TAKES // 2 + 2])]
    folder = tmp_path_factory.mktemp("speech") / "voices"
    write(Sequences(x, labels, specs, np.arange(len(x)), split, {"sound": CODEC.facts()}), folder, {})
    return folder


class Voices(SequenceModel):
    """Canary: content is the pitch and motion the formant, each in the first number of a frame of the input's codes.

    It finds both by comparing a segment with the noiseless voices. `follows` says whose pitch and formant it decodes.
    """

    capabilities = frozenset({"encode"})

    def __init__(self, follows: str = "both"):
        super().__init__()
        self.follows = follows
        self.known = torch.from_numpy(np.stack([voice(p, g, 99) for p in range(3) for g in range(3)]))

    def encode(self, x, action):
        number = torch.cdist(x.flatten(1).double(), self.known.flatten(1).double()).argmin(1)
        both = torch.stack([number // 3, number % 3], 1).float()
        return both, both[:, None].expand(-1, x.shape[1], -1)

    def decode(self, content, motion):
        pitch = (motion[:, 0] if self.follows == "motion" else content)[:, 0].long()
        glide = (content if self.follows == "content" else motion[:, 0])[:, 1].long()
        return self.known[pitch * 3 + glide]


def measured(folder, model) -> dict[str, float]:
    given = context(folder, model)
    assert swapped_speech.applies(given)
    with torch.no_grad():
        return swapped_speech.measure(given)


def test_pitches_are_those_of_the_voices():
    decibels = np.stack([CODEC.log_magnitude(voice(p, g, 1)) for p in range(3) for g in range(3)])
    expected = np.repeat(12 * np.log2(np.array(PITCHES) / 80), 3)
    np.testing.assert_allclose(swapped_speech.pitches(decibels, CODEC), expected, atol=0.6)
    silence = np.full((1, FRAMES, SIZE), -120.0)
    assert np.isnan(swapped_speech.pitches(silence, CODEC)).all()


def test_a_model_that_separates_both_keeps_the_voice_and_the_sounds(folder):
    found = measured(folder, Voices())
    assert found["pitch_follows_content"] == 1 and found["pitch_error"] < 0.6 and found["pitch_pairs"] > 10
    assert found["envelope_follows_motion"] > 0.6 and found["reconstruction_envelope_follows"] > 0.9
    assert found["digit_accuracy"] == found["reconstruction_digit_accuracy"] == found["real_digit_accuracy"] == 1
    assert found["reconstruction_pitch_error"] < 0.6


def test_a_model_whose_motion_holds_the_pitch_and_one_whose_content_holds_the_sounds(folder):
    assert measured(folder, Voices("motion"))["pitch_follows_content"] == 0
    found, both = measured(folder, Voices("content")), measured(folder, Voices())
    assert found["digit_accuracy"] < 0.6 and found["envelope_follows_motion"] < both["envelope_follows_motion"] - 0.3
    assert found["reconstruction_digit_accuracy"] == 1
