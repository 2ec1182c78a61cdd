"""Cross generation of sound (R-WAE, figure 11): the content of every clip with the motion of every clip.

The still has 17 x 17 spectrograms of 200 ms. The first row and the first column are clips of the test split; the
spectrogram in row i and column j has the content of clip i and the motion of clip j. The film goes through the columns:
it shows a clip, and its motion with the content of all clips. The page plays every spectrogram, and whole utterances
with the content of another.

The clips are chosen by a rule (drawing/speech_examples.py). All sounds are computed from spectrograms by Griffin-Lim,
those of the originals too, so that differences come from the model. The paper shows 80 mel filters; here the
spectrograms are those that the model sees, in dB.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from latentmotion.models import base as contract
from latentmotion.reporting.drawing import speech_examples
from latentmotion.reporting.drawing.audio_player import Heard, Panel, sound_page
from latentmotion.reporting.drawing.image_grid import GAP, INK, LINE, SOFT, Clip, gif, grid, png, shelf, stack, strip
from latentmotion.reporting.drawing.spectrogram_image import SPAN, TOP, Scale, coloured, flat, scale_of
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "R-WAE"
NUMBER = "figure 11"
CAPTION = "Cross generation of sound: the content of every clip with the motion of every clip, to see and to hear"
SEE = "A row should keep the voice and a column the spoken sounds; the page plays them."
PAGE = True

KEY = "sound swap figure"
STILL, FILM = 3, 4  # pixels of a frame of 10 ms
ACROSS = 4  # voices side by side in the film
LINGER = 8  # frames of the film that show one clip


@dataclass(frozen=True)
class Swapped:
    """The clips of a run and their combinations.

    Attributes:
        voices, words: names of each clip.
        clips: standardised spectrograms (n, T, size).
        crossed: those with the content of the first and the motion of the second clip (n, n, T, size).
        whole: lines of utterances (T', size) with their names.
    """

    title: str
    scale: Scale
    voices: list[str]
    words: list[str]
    clips: np.ndarray
    crossed: np.ndarray
    whole: list[list[tuple[str, np.ndarray]]]


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `clips`, how many (16), and `pairs`, how many pairs of whole utterances (3)."""
    count, pairs = (settings["options"].get(name, default) for name, default in (("clips", 16), ("pairs", 3)))
    found = [swapped(run, count, pairs) for run in open_runs(runs, settings, device, {contract.ENCODE})]
    film = [shelf([_moment(now, j) for now in found]) for j in range(count) for _ in range(LINGER)]
    return {
        "png": png(flat(stack([_still(now) for now in found]))),
        "gif": gif(film),
        "html": sound_page(CAPTION, f"{PAPER}, {NUMBER}", [_heard(now) for now in found]),
    }


def swapped(run: Shown, count: int, pairs: int) -> Swapped:
    """Chooses clips and utterances of the test split and combines their codes."""
    ids = speech_examples.clips(run, count, KEY)
    content, motion = run.model.encode(*run.given(ids))
    crossed = run.model.decode(content.repeat_interleave(count, 0), motion.repeat(count, 1, 1))
    clips = np.array(run.split.x[ids])
    chosen = speech_examples.pairs(run, pairs, KEY)
    return Swapped(
        run.title,
        scale_of(speech_examples.codec_of(run), clips),
        [speech_examples.voice(run, i) for i in ids],
        [speech_examples.words(run, i) for i in ids],
        clips,
        crossed.float().cpu().numpy().reshape(count, *clips.shape),
        [line for a, b in chosen for line in (_converted(run, a, b), _converted(run, b, a))],
    )


def _converted(run: Shown, ids: np.ndarray, other: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """An utterance: the original, decoded with its own mean content, and decoded with that of another utterance."""
    content, motion = run.model.encode(*run.given(ids))
    lent = run.model.encode(*run.given(other))[0]
    name = " ".join(filter(None, [speech_examples.voice(run, ids[0]), speech_examples.words(run, ids[0])]))
    named = {name: run.tensor(run.split.x[ids])}
    for whose, code in (("own content", content), (f"content of {speech_examples.voice(run, other[0])}", lent)):
        named[f"{name}, {whose}"] = run.model.decode(code.mean(0, keepdim=True).expand(len(ids), -1), motion)
    return [(name, x.float().cpu().numpy().reshape(-1, x.shape[-1])) for name, x in named.items()]


def _cells(now: Swapped) -> list[list[np.ndarray | None]]:
    """The grid of spectrograms (T, size); its first row and column are the clips."""
    return [[None, *now.clips], *([clip, *row] for clip, row in zip(now.clips, now.crossed, strict=True))]


def _names(names: list[str]) -> list[str]:
    """The names with the number of the clip, because several clips may be of one speaker or of one word."""
    return [" ".join(filter(None, [str(i + 1), name])) for i, name in enumerate(names)]


def _heard(now: Swapped) -> Panel:
    """The clips and utterances as the page shows and plays them."""
    codec = now.scale.codec

    def heard(x: np.ndarray) -> Heard:
        return Heard(now.scale.levels(x), codec.sound(x), codec.spectrogram.rate)

    return Panel(
        now.title,
        _names(now.voices),
        _names(now.words),
        [[None if x is None else heard(x) for x in row] for row in _cells(now)],
        [[(name, heard(x)) for name, x in line] for line in now.whole],
    )


def _drawn(now: Swapped, x: np.ndarray, wide: int) -> np.ndarray:
    """A spectrogram as a picture (3, H, W)."""
    return coloured(now.scale.levels(x), wide)


def _still(now: Swapped) -> Image.Image:
    """The grid with the voices at its left and the words above; a gap separates the originals from generated clips."""
    cells, font = _cells(now), ImageFont.load_default(13)
    height, width = _drawn(now, now.clips[0], STILL).shape[1:]
    rows, columns = _names(now.voices), _names(now.words)
    left = int(max(font.getlength(name) for name in rows)) + GAP
    size = (left + len(cells[0]) * (width + 1) + GAP, LINE + len(cells) * (height + 1) + GAP)
    canvas = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(canvas)
    for i, row in enumerate(cells):
        for j, x in enumerate(row):
            at = left + j * (width + 1) + (GAP if j else 0), LINE + i * (height + 1) + (GAP if i else 0)
            if x is not None:
                canvas.paste(Image.fromarray(np.moveaxis(_drawn(now, x, STILL), 0, -1)), at)
            if not i and j:
                pen.text((at[0] + width / 2, LINE - 3), columns[j - 1], SOFT, font, anchor="ms")
            if not j and i:
                pen.text((left - GAP / 2, at[1] + height / 2), rows[i - 1], SOFT, font, anchor="rm")
    legend = (
        f"0 to {TOP / 1000:g} kHz upwards, {now.clips.shape[1] * 10} ms to the right, {SPAN:g} dB from black to bright"
    )
    heading = Image.new("RGB", (size[0], LINE), "white")
    ImageDraw.Draw(heading).text((0, 1), f"Content of the row's clip, motion of the column's. {legend}.", INK, font)
    return grid(now.title, [[heading], [canvas]])


def _moment(now: Swapped, j: int) -> Image.Image:
    """One frame of the film: a clip, and its motion with the content of every clip."""

    def named(x: np.ndarray, label: str) -> Image.Image:
        return strip(Clip(_drawn(now, x, FILM)[None], label), least=1)

    voices = _names(now.voices)
    pictures = [named(now.crossed[i, j], name) for i, name in enumerate(voices)]
    lines = [pictures[n : n + ACROSS] for n in range(0, len(pictures), ACROSS)]
    blank = Image.new("RGB", (1, 1), "white")
    lines[-1] += [blank] * (ACROSS - len(lines[-1]))
    own = [named(now.clips[j], f"clip {_names(now.words)[j]}"), *[blank] * (len(lines) - 1)]
    return grid(now.title, [[original, blank, *line] for original, line in zip(own, lines, strict=True)])
