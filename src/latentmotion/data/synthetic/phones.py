"""The phones of drawn speech, for a male vocal tract, and the phones of each digit.

The formants of vowels are averages over men (Peterson and Barney, Control methods used in a study of the vowels, 1952).
The formants of consonants, and noise bands, amplitudes and durations are rounded values from textbooks.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phone:
    """One steady sound.

    Arguments:
        formants: the first three resonances, in Hz.
        voice: the amplitude of the voice, from 0 to 1.
        noise: the amplitude of noise, from 0 to 1, in a band around `centre` with standard deviation `spread`, in Hz.
        seconds: the duration at normal speed.
    """

    formants: tuple[float, float, float]
    voice: float = 0.0
    noise: float = 0.0
    centre: float = 2000.0
    spread: float = 1500.0
    seconds: float = 0.08


def _vowel(*formants: float, seconds: float = 0.12) -> Phone:
    return Phone(formants, voice=1.0, seconds=seconds)


VOWELS = {
    "iy": _vowel(270, 2290, 3010),
    "ih": _vowel(390, 1990, 2550, seconds=0.09),
    "eh": _vowel(530, 1840, 2480),
    "ae": _vowel(660, 1720, 2410, seconds=0.14),
    "aa": _vowel(730, 1090, 2440, seconds=0.14),
    "ao": _vowel(570, 840, 2410),
    "uh": _vowel(440, 1020, 2240, seconds=0.09),
    "uw": _vowel(300, 870, 2240),
    "ah": _vowel(640, 1190, 2390, seconds=0.10),
    "er": _vowel(490, 1350, 1690),
}
CONSONANTS = {
    "m": Phone((250, 1000, 2200), voice=0.3, seconds=0.07),
    "n": Phone((250, 1450, 2400), voice=0.3, seconds=0.07),
    "l": Phone((360, 1100, 2700), voice=0.6, seconds=0.07),
    "r": Phone((310, 1060, 1400), voice=0.6, seconds=0.07),
    "w": Phone((290, 610, 2150), voice=0.5, seconds=0.07),
    "v": Phone((300, 1100, 2100), voice=0.3, noise=0.05, centre=2500, spread=2500, seconds=0.07),
    "z": Phone((300, 1500, 2500), voice=0.25, noise=0.2, centre=5500, spread=1500, seconds=0.09),
    "s": Phone((300, 1500, 2500), noise=0.4, centre=5500, spread=1500, seconds=0.11),
    "sh": Phone((300, 1800, 2500), noise=0.4, centre=3200, spread=900, seconds=0.11),
    "f": Phone((300, 1100, 2100), noise=0.05, centre=3000, spread=3000, seconds=0.10),
    "th": Phone((300, 1400, 2500), noise=0.03, centre=4500, spread=3000, seconds=0.09),
}
SILENCE = Phone((400, 1500, 2500), seconds=0.05)  # the closure of a stop
BURSTS = {
    "p": Phone((400, 1100, 2150), noise=0.15, centre=1000, spread=1200, seconds=0.03),
    "t": Phone((400, 1800, 2700), noise=0.3, centre=4500, spread=1500, seconds=0.035),
    "k": Phone((350, 1900, 2300), noise=0.3, centre=2000, spread=600, seconds=0.035),
}
PHONES = {**VOWELS, **CONSONANTS, **BURSTS, "-": SILENCE}

DIGITS = {
    "zero": "z ih r ao uw",
    "one": "w ah n",
    "two": "- t uw",
    "three": "th r iy",
    "four": "f ao r",
    "five": "f aa ih v",
    "six": "s ih - k s",
    "seven": "s eh v ah n",
    "eight": "eh ih - t",
    "nine": "n aa ih n",
}
