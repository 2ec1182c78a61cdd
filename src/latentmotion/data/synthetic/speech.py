"""Drawn speech: synthetic speakers say digits, and sentences without meaning.

The synthesis is a source-filter model: pulses at the pitch, and noise, are each filtered by a transfer function that
changes over time,

    s = sum over frames of  irfft( V_t(f) rfft(w pulses) + N_t(f) rfft(w noise) ),    sum_t w(n - t hop) = 1
    V_t(f) = voice_t / (1 + i f / tilt) * prod_k R(f; F_k, B_k),      R(f; F, B) = F^2 / (F^2 - f^2 + i f B)
    N_t(f) = noise_t exp(-(f - centre_t)^2 / 2 spread_t^2)

A speaker has a vocal tract, a pitch, a breathiness and a tilt. The resonances of the tract are those of phones.py,
multiplied by one common factor (a shorter tract has higher resonances) and by a small factor for each resonance. The
phones change resonances, voice and noise over time. The result does not sound like natural English, but its harmonics
depend on the speaker and its formants on speaker and phone, which is what a test of separating both needs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import convolve1d
from scipy.signal import get_window

from latentmotion.data.synthetic.phones import BURSTS, CONSONANTS, DIGITS, PHONES, VOWELS, Phone

SEED = 20170922
STEP, WINDOW = 0.005, 0.020  # seconds between two frames of the filter, and duration of a frame
_RESPONSE = 0.030  # seconds after which a resonance has decayed
_SPACING = 1000.0  # Hz between two resonances above the third, for a tract of 17 cm
_LEVEL, _ROOM = 0.3, 3e-4  # amplitude of the loudest sample before a random change by a few dB; of background noise


@dataclass(frozen=True)
class Speaker:
    """One speaker.

    Arguments:
        pitch: in Hz.
        tract: a factor of all resonances; above 1 for a short vocal tract.
        own: a factor of each resonance, (8,).
        tilt: the frequency in Hz above which the voice falls by 6 dB per octave.
        damping: a factor of the bandwidths of the resonances.
        breath: the amplitude of the noise that accompanies the voice.
    """

    pitch: float
    tract: float
    own: np.ndarray
    tilt: float
    damping: float
    breath: float


def speaker(number: int) -> Speaker:
    """The speaker of a number: even numbers have the pitch and tract of women, odd numbers those of men."""
    draw = np.random.default_rng([SEED, 0, number])
    pitch, tract = ((165, 250), (1.08, 1.25)) if number % 2 == 0 else ((85, 145), (0.88, 1.06))
    return Speaker(
        pitch=draw.uniform(*pitch),
        tract=draw.uniform(*tract),
        own=draw.uniform(0.96, 1.04, 8),
        tilt=100 * 20 ** draw.random(),
        damping=draw.uniform(0.8, 1.5),
        breath=draw.uniform(0.0, 0.02),
    )


def digit(who: int, which: int, take: int, rate: int) -> np.ndarray:
    """A speaker says a digit: (n,) float32 in [-1, 1), rounded to 16 bits as if it were read from a file."""
    phones = [PHONES[name] for name in list(DIGITS.values())[which].split()]
    return speak(phones, speaker(who), np.random.default_rng([SEED, 1, who, which, take]), rate)


def sentence(who: int, number: int, rate: int) -> np.ndarray:
    """A speaker says six to ten syllables, each a consonant and a vowel; each number is another sentence."""
    draw = np.random.default_rng([SEED, 2, who, number])
    vowels, consonants = list(VOWELS.values()), [*CONSONANTS.values(), *BURSTS.values()]
    phones = []
    for _ in range(draw.integers(6, 11)):
        consonant = consonants[draw.integers(len(consonants))]
        closure = [PHONES["-"]] if consonant in BURSTS.values() else []
        phones += [*closure, consonant, vowels[draw.integers(len(vowels))]]
    return speak(phones, speaker(who), draw, rate)


def speak(phones: list[Phone], who: Speaker, draw: np.random.Generator, rate: int) -> np.ndarray:
    """The phones one after the other: (n,) float32 in [-1, 1)."""
    seconds = np.array([phone.seconds for phone in phones]) * draw.uniform(0.85, 1.15, len(phones))
    ends = np.cumsum(seconds * draw.uniform(1.2, 1.5))
    frames = int(ends[-1] / STEP)
    at = np.minimum(np.searchsorted(ends, (np.arange(frames) + 0.5) * STEP), len(phones) - 1)
    tracks = _tracks(phones, at)
    hop, window = round(STEP * rate), round(WINDOW * rate)
    samples = (frames - 1) * hop + window
    size = next_fast_len(window + round(_RESPONSE * rate), real=True)
    frequency = np.arange(size // 2 + 1) * rate / size
    voiced, hissing = _filters(tracks, who, frequency)
    taper = get_window("hann", window) * (2 * hop / window)
    spectrum = voiced * rfft(_frames(_pulses(samples, who, draw, rate), window, hop) * taper, size)
    spectrum += hissing * rfft(_frames(draw.standard_normal(samples), window, hop) * taper, size)
    sound = np.zeros(samples + size)
    for first, piece in zip(range(0, samples, hop), irfft(spectrum, size), strict=False):
        sound[first : first + size] += piece
    sound = sound[:samples]
    sound *= _LEVEL * 10 ** draw.uniform(-0.15, 0.15) / np.abs(sound).max()
    sound += _ROOM * draw.standard_normal(samples)
    return (np.round(sound * 32768) / 32768).astype(np.float32)


def _tracks(phones: list[Phone], at: np.ndarray) -> dict[str, np.ndarray]:
    """The parameters of each frame, in phone `at` (T,), smoothed: formants within 60 ms, the rest within 25 ms."""
    slow, fast = (get_window("hann", count, fftbins=False)[1:-1] for count in (13, 7))
    formants = np.array([phone.formants for phone in phones])[at]
    tracks = {"formants": convolve1d(formants, slow / slow.sum(), axis=0, mode="nearest")}
    for name in ("voice", "noise"):
        values = np.array([getattr(phone, name) for phone in phones])[at]
        tracks[name] = convolve1d(values, fast / fast.sum(), mode="constant")
    for name in ("centre", "spread"):
        tracks[name] = np.array([getattr(phone, name) for phone in phones])[at]
    return tracks


def _filters(tracks: dict, who: Speaker, frequency: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """V and N, (T, F) each. The first three resonances change over time; the higher ones are constant."""
    moving = tracks["formants"] * who.tract * who.own[:3]
    still = _SPACING * (np.arange(3, len(who.own)) + 0.5) * who.tract * who.own[3:]
    against = 1 + 1j * frequency / who.tilt
    for f in (*still, *moving.T[:, :, None]):
        against = against * (1 - (frequency / f) ** 2 + 1j * frequency * (who.damping * (50 + f / 20) / f**2))
    voiced = tracks["voice"][:, None] / against
    centre, spread = (tracks[name][:, None] * who.tract for name in ("centre", "spread"))
    hissing = tracks["noise"][:, None] * np.exp(-((frequency - centre) ** 2) / (2 * spread**2))
    return voiced, hissing + who.breath * np.abs(voiced)


def _pulses(samples: int, who: Speaker, draw: np.random.Generator, rate: int) -> np.ndarray:
    """(samples,): one pulse of area 1 in each period; a pulse between two samples is shared between them.

    The pitch falls by a fifth during an utterance, as in a statement, with random variations of 1 to 2 %.
    """
    time = np.linspace(0, 1, samples)
    waver = sum(draw.normal(0, 0.01) * np.sin(2 * np.pi * (k * time + draw.random())) for k in (2, 3, 5))
    cycles = np.cumsum(who.pitch * draw.uniform(0.94, 1.06) * (1.1 - 0.2 * time) * (1 + waver)) / rate
    begun = np.arange(1, int(cycles[-1]))
    places = np.interp(begun, cycles, np.arange(samples))
    whole = places.astype(int)
    pulses = np.zeros(samples + 1)
    pulses[whole] = 1 - (places - whole)
    pulses[whole + 1] += places - whole
    return pulses[:samples] * np.sqrt(rate / who.pitch)  # the power of white noise with deviation 1


def _frames(sound: np.ndarray, window: int, hop: int) -> np.ndarray:
    """Sound (n,) -> frames (T, window), one every hop."""
    return np.lib.stride_tricks.sliding_window_view(sound, window)[::hop]
