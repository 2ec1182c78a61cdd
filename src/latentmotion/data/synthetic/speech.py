"""Drawn speech: speakers of this project's own making, who say digits and sentences without meaning.

Source and filter: pulses at the pitch, and noise, each shaped over time by a transfer function,

    s = sum over frames of  irfft( V_t(f) rfft(w pulses) + N_t(f) rfft(w noise) ),    sum_t w(n - t hop) = 1
    V_t(f) = voice_t / (1 + i f / tilt) * prod_k R(f; F_k, B_k),      R(f; F, B) = F^2 / (F^2 - f^2 + i f B)
    N_t(f) = noise_t exp(-(f - centre_t)^2 / 2 spread_t^2)

A speaker is a vocal tract, whose resonances are those of phones.py times one factor (a shorter tract has higher ones)
and times a small one each, and a pitch, breathiness and tilt. What is said moves the resonances, the voice and the
noise. It is neither a person nor well-spoken English: it has harmonics by speaker and formants by speaker and sound,
which is what separating who from what needs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import convolve1d
from scipy.signal import get_window

from latentmotion.data.synthetic.phones import BURSTS, CONSONANTS, DIGITS, PHONES, VOWELS, Phone

SEED = 20170922
STEP, WINDOW = 0.005, 0.020  # seconds from one frame of the filter to the next, and that a frame spans
_RESPONSE = 0.030  # seconds after which a resonance has died away
_SPACING = 1000.0  # Hz from one resonance to the next above the third, of a tract of 17 cm
_LEVEL, _ROOM = 0.3, 3e-4  # amplitude of the loudest sample, before its own few dB, and of the room's noise


@dataclass(frozen=True)
class Speaker:
    """One speaker.

    Arguments:
        pitch: in Hz.
        tract: factor on all resonances; above 1 for a short vocal tract.
        own: factors on each of the resonances, (8,).
        tilt: where the voice begins to fall by 6 dB an octave, in Hz.
        damping: factor on the bandwidths of the resonances.
        breath: amplitude of noise that comes with the voice.
    """

    pitch: float
    tract: float
    own: np.ndarray
    tilt: float
    damping: float
    breath: float


def speaker(number: int) -> Speaker:
    """Speaker 0, 1, 2, ...: even ones have women's pitches and tracts, odd ones men's."""
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
    """A speaker says a digit: (n,) float32 in [-1, 1), of 16 bits as if it were read from a file."""
    phones = [PHONES[name] for name in list(DIGITS.values())[which].split()]
    return speak(phones, speaker(who), np.random.default_rng([SEED, 1, who, which, take]), rate)


def sentence(who: int, number: int, rate: int) -> np.ndarray:
    """A speaker says six to ten syllables of a consonant and a vowel each, another sentence for each number."""
    draw = np.random.default_rng([SEED, 2, who, number])
    vowels, consonants = list(VOWELS.values()), [*CONSONANTS.values(), *BURSTS.values()]
    phones = []
    for _ in range(draw.integers(6, 11)):
        consonant = consonants[draw.integers(len(consonants))]
        closure = [PHONES["-"]] if consonant in BURSTS.values() else []
        phones += [*closure, consonant, vowels[draw.integers(len(vowels))]]
    return speak(phones, speaker(who), draw, rate)


def speak(phones: list[Phone], who: Speaker, draw: np.random.Generator, rate: int) -> np.ndarray:
    """Phones one after the other: (n,) float32 in [-1, 1)."""
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
    """Of each frame, in phone `at` (T,): formants (T, 3), which glide within 60 ms, and the rest within 25 ms."""
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
    """V and N, (T, F) each. The first three resonances move, those above stay."""
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
    """(samples,): one pulse of area 1 a period, between two samples where it falls between them.

    The pitch falls over an utterance by a fifth, as that of a statement, and wavers by 1 or 2 % about that.
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
    return pulses[:samples] * np.sqrt(rate / who.pitch)  # as strong as white noise of deviation 1


def _frames(sound: np.ndarray, window: int, hop: int) -> np.ndarray:
    """(n,) -> (T, window), one every hop."""
    return np.lib.stride_tricks.sliding_window_view(sound, window)[::hop]
