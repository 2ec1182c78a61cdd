"""Arranges the frames of sequences on white sheets with labels, as stills and as films.

Sequences are (T, C, H, W) uint8.
"""

import io
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from latentmotion.reporting.titles import MARK

INK, SOFT = (27, 31, 36), (89, 99, 110)
MARGIN, GAP, LINE = 16, 12, 18  # pixels: margin of the sheet, gap between blocks, height of a line of text
PACE = 140  # milliseconds for which a film shows a frame
WIDEST = 1400  # largest width in pixels of pictures side by side


@dataclass(frozen=True)
class Clip:
    """A sequence and the label above or beside it."""

    frames: np.ndarray
    label: str


@dataclass(frozen=True)
class Block:
    """Sequences that belong together, their common heading and, where there is one, the frame from which they start."""

    heading: str
    clips: list[Clip]
    start: Clip | None = None


@dataclass(frozen=True)
class Panel:
    """The blocks of one trained model under its title."""

    title: str
    blocks: list[Block] = field(default_factory=list)


def enlarge(frame: np.ndarray, least: int) -> np.ndarray:
    """(C, H, W) -> (h, w, 3): every pixel is repeated until a side has `least` pixels, so that nothing is smoothed."""
    times = -(-least // frame.shape[-1])
    picture = np.moveaxis(frame if len(frame) == 3 else np.repeat(frame, 3, axis=0), 0, -1)
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def strip(clip: Clip, least: int = 64) -> Image.Image:
    """All frames of a sequence side by side, one pixel apart, under its label."""
    return _under_label(_line(clip.frames, least), clip.label)


def _line(sequence: np.ndarray, least: int) -> np.ndarray:
    frames = [enlarge(frame, least) for frame in sequence]
    white = np.full((frames[0].shape[0], 1, 3), 255, np.uint8)
    return np.concatenate([part for frame in frames for part in (frame, white)][:-1], axis=1)


def lines(block: Block, column: int, least: int = 64) -> Image.Image:
    """The sequences of a block below one another; their labels stand in a column of that width at the left."""
    strips = [_line(clip.frames, least) for clip in block.clips]
    begin = _under_label(_line(block.start.frames, least), block.start.label) if block.start else None
    left = begin.width + GAP if begin else 0
    width = left + column + max(strip.shape[1] for strip in strips)
    canvas = Image.new("RGB", (width, LINE + 3 + sum(strip.shape[0] + 1 for strip in strips)), "white")
    pen, top = ImageDraw.Draw(canvas), LINE + 3
    pen.text((left + column, 1), block.heading, INK, _font(13, block.heading))
    if begin:
        canvas.paste(begin, (0, 3))
    for clip, picture in zip(block.clips, strips, strict=True):
        pen.text((left, top + picture.shape[0] / 2), clip.label, SOFT, _font(13, clip.label), anchor="lm")
        canvas.paste(Image.fromarray(picture), (left + column, top))
        top += picture.shape[0] + 1
    return canvas


def timeline(title: str, blocks: list[Block], name: str, words: list[str], least: int = 64) -> Image.Image:
    """The `lines` of every block below one another, with a word above each frame and the words' name at the left."""
    column = column_of(blocks)
    sheets = [lines(block, column, least) for block in blocks]
    above = Image.new("RGB", (sheets[0].width, LINE - 2), "white")
    pen, step = ImageDraw.Draw(above), (above.width - column + 1) / len(words)
    pen.text((0, 1), name, SOFT, _font(13, name))
    for place, word in enumerate(words):
        pen.text((column + (place + 0.5) * step, 1), word, SOFT, _font(13, word), anchor="ma")
    return grid(title, [[sheet] for sheet in sheets], key=above)


def numbered(title: str, blocks: list[Block], count: int | None) -> Image.Image:
    """A timeline of up to `count` frames, evenly from the first to the last, with their numbers from 1."""
    length = min(len(clip.frames) for block in blocks for clip in block.clips)
    shown = np.linspace(0, length - 1, min(count or length, length)).round().astype(int)
    chosen = [Block(block.heading, [Clip(clip.frames[shown], clip.label) for clip in block.clips]) for block in blocks]
    return timeline(title, chosen, "frame", [str(frame + 1) for frame in shown])


def column_of(blocks: list[Block]) -> int:
    """The width of the column that the labels of the blocks need."""
    return int(max(_font(13, clip.label).getlength(clip.label) for block in blocks for clip in block.clips)) + GAP


def still(panels: list[Panel]) -> Image.Image:
    """A still of all frames: panels below one another, with a line for each sequence."""
    sheets = []
    for panel in panels:
        column = column_of(panel.blocks)
        sheets.append(grid(panel.title, [[lines(block, column)] for block in panel.blocks]))
    return stack(sheets)


def film(panels: list[Panel]) -> list[Image.Image]:
    """A film: in each panel a row for each block, in which its sequences move side by side.

    Shorter sequences start again at their end.
    """
    shown = [[[block.start, *block.clips] if block.start else block.clips for block in p.blocks] for p in panels]
    length = max(len(clip.frames) for rows in shown for clips in rows for clip in clips)
    return [
        shelf(
            [
                grid(panel.title, [[moment(clip, time) for clip in clips] for clips in rows])
                for panel, rows in zip(panels, shown, strict=True)
            ]
        )
        for time in range(length)
    ]


def shelf(pictures: list[Image.Image]) -> Image.Image:
    """Pictures side by side where they fit into WIDEST, otherwise below one another."""
    return stack(pictures, across=sum(picture.width for picture in pictures) <= WIDEST)


def moment(clip: Clip, time: int, least: int = 96) -> Image.Image:
    """One frame of a sequence under its label."""
    return _under_label(enlarge(clip.frames[time % len(clip.frames)], least), clip.label)


def note(text: str) -> Image.Image:
    """A line of text, as the key of a `grid` whose title must not change its width during a film."""
    canvas = Image.new("RGB", (int(_font(13, text).getlength(text)) + 2, LINE - 2), "white")
    ImageDraw.Draw(canvas).text((0, 1), text, SOFT, _font(13, text))
    return canvas


def wall(block: Block, time: int, least: int = 64) -> Image.Image:
    """One frame of each sequence of a block, in a square or a wide rectangle under the heading of the block."""
    frames = [enlarge(clip.frames[time], least) for clip in block.clips]
    across, side = math.ceil(math.sqrt(len(frames))), frames[0].shape[0] + 1
    picture = np.full((math.ceil(len(frames) / across) * side - 1, across * side - 1, 3), 255, np.uint8)
    for place, frame in enumerate(frames):
        top, left = (side * part for part in divmod(place, across))
        picture[top : top + side - 1, left : left + side - 1] = frame
    return _under_label(picture, block.heading)


def _under_label(picture: np.ndarray, label: str) -> Image.Image:
    width = max(picture.shape[1], int(_font(13, label).getlength(label)) + 2)
    canvas = Image.new("RGB", (width, picture.shape[0] + LINE), "white")
    ImageDraw.Draw(canvas).text((0, 1), label, SOFT, _font(13, label))
    canvas.paste(Image.fromarray(picture), (0, LINE))
    return canvas


def grid(title: str, rows: list[list[Image.Image]], together: int = 1, key: Image.Image | None = None) -> Image.Image:
    """Pictures in rows and columns under a title. A column is as wide as its widest picture.

    Arguments:
        together: so many rows form a group, and the gap between groups is larger.
        key: a picture between the title and the rows that explains the colours.
    """
    widths = [max(picture.width for picture in column) for column in zip(*rows, strict=True)]
    heights = [max(p.height for p in row) + (GAP if (i + 1) % together else 2 * GAP) for i, row in enumerate(rows)]
    width = max(sum(widths) + GAP * (len(widths) - 1), int(_font(17, title).getlength(title)))
    top = MARGIN + LINE + GAP + (key.height + GAP if key else 0)
    canvas = Image.new("RGB", (max(width, key.width if key else 0) + 2 * MARGIN, sum(heights) + top), "white")
    ImageDraw.Draw(canvas).text((MARGIN, MARGIN), title, INK, _font(17, title))
    if key:
        canvas.paste(key, (MARGIN, MARGIN + LINE + GAP))
    for row, height in zip(rows, heights, strict=True):
        left = MARGIN
        for picture, column in zip(row, widths, strict=True):
            canvas.paste(picture, (left, top))
            left += column + GAP
        top += height
    return canvas


def stack(pictures: list[Image.Image], across: bool = False) -> Image.Image:
    """Pictures below one another or, `across`, side by side."""
    widths, heights = [p.width for p in pictures], [p.height for p in pictures]
    size = (sum(widths), max(heights)) if across else (max(widths), sum(heights))
    canvas, left, top = Image.new("RGB", size, "white"), 0, 0
    for picture in pictures:
        canvas.paste(picture, (left, top))
        left, top = (left + picture.width, 0) if across else (0, top + picture.height)
    return canvas


def png(picture: Image.Image) -> bytes:
    """A picture as PNG without metadata, so that equal pictures give equal bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def gif(pictures: list[Image.Image]) -> bytes:
    """An endless film as GIF. All frames share one palette, so that still parts do not flicker.

    The palette is computed from up to 16 evenly spaced frames.
    """
    palette = stack(pictures[:: -(-len(pictures) // 16)]).quantize(
        255, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=PACE, loop=0, disposal=1)
    return buffer.getvalue()


def _font(size: int, text: str) -> ImageFont.FreeTypeFont:
    """The font of a text. Pillow's own has no double dagger, so that marked text is set in the font of the plots."""
    if MARK not in text:
        return ImageFont.load_default(size)
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), size - 1)
