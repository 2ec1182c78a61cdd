"""Sound files are read alike in every format; the spectrogram follows its definition and can be inverted."""

import numpy as np
import pytest
from support.speech_files import noise, riff, sphere

from latentmotion.core.errors import UserError
from latentmotion.data.audio.codec import Codec, of_facts
from latentmotion.data.audio.griffin_lim import griffin_lim
from latentmotion.data.audio.recordings import decode, read_sound
from latentmotion.data.audio.spectrogram import FLOOR, Spectrogram
from latentmotion.data.audio.wav import write_wav
from latentmotion.data.synthetic import speech

RATES = (16000, 8000)
SAMPLES = noise(1, samples=400)


PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")
EXTENSIBLE = {"coding": 0xFFFE, "extension": b"\x16\x00\x10\x00\x04\x00\x00\x00" + PCM_GUID}
FORMATS = [riff(SAMPLES), riff(SAMPLES, **EXTENSIBLE), sphere(SAMPLES), sphere(SAMPLES, order="10")]


@pytest.mark.parametrize("file", FORMATS)
def test_every_format_gives_the_same_samples(file):
    sound = decode(file, "a.wav", 16000)
    assert sound.dtype == np.float32
    assert np.array_equal(sound, SAMPLES.astype(np.float32) / 32768)


TWO = np.repeat(SAMPLES, 2)
REFUSED = {
    "rate": (riff(SAMPLES, rate=44100), "44100 Hz, not 16000 Hz"),
    "rate, sphere": (sphere(SAMPLES, rate=8000), "8000 Hz, not 16000 Hz"),
    "stereo": (riff(TWO, channels=2), "2 channels, not 1"),
    "stereo, sphere": (sphere(TWO, channel_count=2, sample_count=400), "2 channels, not 1"),
    "8 bit": (riff(SAMPLES % 255, width=1), "8 bits a sample, not 16"),
    "8 bit, sphere": (sphere(SAMPLES, sample_n_bytes=1, sample_byte_format="1"), "8 bits a sample, not 16"),
    "truncated": (riff(SAMPLES)[:-101], "truncated, 349 of the 400 samples"),
    "truncated, sphere": (sphere(SAMPLES)[:-100], "truncated, 350 of the 400 samples"),
    "truncated header": (riff(SAMPLES)[:20], "truncated in its header|damaged"),
    "truncated header, sphere": (sphere(SAMPLES)[:100], "has no end_head"),
    "silent": (riff(SAMPLES * 0), "silent, 400 samples"),
    "almost silent": (riff(SAMPLES // 1000), "silent"),
    "empty": (riff(SAMPLES[:0]), "silent, 0 samples"),
    "mu-law": (riff(SAMPLES, coding=7), "not uncompressed PCM"),
    "mu-law, sphere": (sphere(SAMPLES, sample_coding="ulaw"), "coded as ulaw"),
    "shorten": (sphere(SAMPLES, sample_coding="pcm,embedded-shorten-v2.00"), "compressed with shorten"),
    "no rate, sphere": (sphere(SAMPLES, sample_rate=None), "lacks or misstates 'sample_rate'"),
    "another format": (b"fLaC" + bytes(100), "neither a RIFF WAV nor a NIST SPHERE"),
    "nothing": (b"", "neither a RIFF WAV nor a NIST SPHERE"),
}


@pytest.mark.parametrize(("file", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_such_recording_is_named(file, message, tmp_path):
    path = tmp_path / "SX1.WAV"
    path.write_bytes(file)
    with pytest.raises(UserError, match=f"SX1.WAV: .*({message}).*; ") as caught:
        read_sound(path, 16000)
    assert "\n" not in str(caught.value)


def test_a_missing_recording_is_named(tmp_path):
    with pytest.raises(UserError, match=r"a\.wav: missing"):
        read_sound(tmp_path / "a.wav", 8000)


def test_what_is_written_can_be_read_and_is_clipped(tmp_path):
    sound = np.array([0.0, 0.5, -0.25, 3.0, -3.0])
    write_wav(tmp_path / "a.wav", sound, 8000)
    assert read_sound(tmp_path / "a.wav", 8000) == pytest.approx([0, 0.5, -0.25, 1, -1], abs=1e-4)


@pytest.mark.parametrize("rate", RATES)
def test_a_spectrogram_is_its_definition(rate):
    """Hann-windowed Fourier sums, one by one, at 200 frequencies up to half the rate."""
    sound, spectrogram = noise(2, samples=rate // 10) / 32768, Spectrogram(rate, 200)
    x = spectrogram.log_magnitude(sound)
    window, hop = rate // 40, rate // 100
    assert x.shape == (1 + (len(sound) - window) // hop, 200)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    for frame, k in ((0, 1), (3, 57), (len(x) - 1, 200)):
        piece = sound[frame * hop : frame * hop + window] * taper
        total = np.sum(piece * np.exp(-2j * np.pi * k * np.arange(window) / 400))
        assert x[frame, k - 1] == pytest.approx(20 * np.log10(2 * abs(total) / taper.sum()), abs=1e-3)


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_is_at_its_frequency_and_level(rate):
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(rate // 2) / rate)
    x = Spectrogram(rate, 200).log_magnitude(tone)
    assert np.all(x.argmax(axis=1) == 1000 / (rate / 2 / 200) - 1)
    assert x.max(axis=1) == pytest.approx(-20, abs=0.1)
    assert Spectrogram(rate, 200).log_magnitude(0 * tone).max() == FLOOR


def test_too_few_dimensions_for_the_window_are_refused():
    assert Spectrogram(8000, 100).size == 100
    with pytest.raises(UserError, match=r"key 'size': 199 .* set it to 200 or more"):
        Spectrogram(16000, 199)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frames", [1, 2, 20, 47])
def test_the_inverse_transform_gives_the_sound_back(rate, frames):
    spectrogram = Spectrogram(rate, 200)
    sound = noise(3, samples=spectrogram.samples(frames)) / 32768
    back = spectrogram.inverse(spectrogram.transform(sound))
    edge = spectrogram.window // 4
    assert spectrogram.frames(len(sound)) == frames
    assert back.shape == sound.shape
    assert back[edge:-edge] == pytest.approx(sound[edge:-edge], abs=1e-12)
    assert np.abs(back).max() <= np.abs(sound).max() + 1e-12, "the ends are louder than the sound"


def distance(spectrogram: Spectrogram, sound: np.ndarray, magnitude: np.ndarray) -> float:
    """How far the magnitude of a sound's transform is from the wanted one, in shares of that."""
    return np.linalg.norm(np.abs(spectrogram.transform(sound))[:, 1:] - magnitude[:, 1:]) / np.linalg.norm(magnitude)


@pytest.mark.parametrize("rate", RATES)
def test_griffin_lim_finds_a_sound_of_that_spectrogram(rate):
    spectrogram, sound = Spectrogram(rate, 200), speech.digit(1, 5, 0, rate)
    magnitude = spectrogram.magnitude(spectrogram.log_magnitude(sound))
    far, near = (distance(spectrogram, griffin_lim(magnitude, spectrogram, n), magnitude) for n in (0, 100))
    assert near < 0.2 < 0.5 < far
    again = griffin_lim(magnitude, spectrogram, 3, seed=1)
    assert np.array_equal(again, griffin_lim(magnitude, spectrogram, 3, seed=1))
    assert not np.array_equal(again, griffin_lim(magnitude, spectrogram, 3, seed=2))


def test_a_codec_goes_there_and_back_and_through_a_manifest():
    spectrogram = Spectrogram(8000, 200)
    x = spectrogram.log_magnitude(speech.digit(0, 0, 0, 8000))
    codec = of_facts({"sound": Codec(spectrogram, x.mean(axis=0), x.std(axis=0)).facts()})
    standard = codec.standardise(x)
    assert standard.dtype == np.float32
    assert standard.mean(axis=0) == pytest.approx(0, abs=1e-4)
    assert standard.std(axis=0) == pytest.approx(1, abs=1e-4)
    assert codec.log_magnitude(standard) == pytest.approx(x, abs=1e-3)
    sound = codec.sound(standard[:20])
    assert len(sound) == spectrogram.samples(20)
    level = spectrogram.log_magnitude(sound)
    assert np.corrcoef(level.ravel(), x[:20].ravel())[0, 1] > 0.95


def test_pictures_have_no_codec():
    with pytest.raises(UserError, match=r"no sound: .*facts\.sound"):
        of_facts({"source": "pictures"})
