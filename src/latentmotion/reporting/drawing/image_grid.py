"""Frames of sequences on white sheets, still and moving, with labels to read. Sequences are (T, C, H, W) uint8."""

import io
import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK, SOFT = (27, 31, 36), (89, 99, 110)
MARGIN, GAP, LINE = 16, 12, 18  # around the sheet, between blocks, a line of text
PACE = 140  # milliseconds of a frame of a film
WIDEST = 1400  # pixels of panels side by side


@dataclass(frozen=True)
class Clip:
    """A sequence and the words above or beside it."""

    frames: np.ndarray
    label: str


@dataclass(frozen=True)
class Block:
    """Sequences that belong together, what they have in common and, where there is one, the frame they start from."""

    heading: str
    clips: list[Clip]
    start: Clip | None = None


@dataclass(frozen=True)
class Panel:
    """All that is shown of one trained model."""

    title: str
    blocks: list[Block] = field(default_factory=list)


def enlarge(frame: np.ndarray, least: int) -> np.ndarray:
    """(C, H, W) -> (h, w, 3), every pixel repeated until a side has `least` pixels: nothing is smoothed over."""
    times = -(-least // frame.shape[-1])
    picture = np.moveaxis(frame if len(frame) == 3 else np.repeat(frame, 3, axis=0), 0, -1)
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def strip(clip: Clip, least: int = 64) -> Image.Image:
    """All frames side by side, one pixel apart, under their label."""
    return _under_label(_line(clip.frames, least), clip.label)


def _line(sequence: np.ndarray, least: int) -> np.ndarray:
    frames = [enlarge(frame, least) for frame in sequence]
    white = np.full((frames[0].shape[0], 1, 3), 255, np.uint8)
    return np.concatenate([part for frame in frames for part in (frame, white)][:-1], axis=1)


def lines(block: Block, column: int, least: int = 64) -> Image.Image:
    """The block's sequences below one another, each with its label in a column of that width to its left."""
    strips = [_line(clip.frames, least) for clip in block.clips]
    begin = _under_label(_line(block.start.frames, least), block.start.label) if block.start else None
    left = begin.width + GAP if begin else 0
    width = left + column + max(strip.shape[1] for strip in strips)
    canvas = Image.new("RGB", (width, LINE + 3 + sum(strip.shape[0] + 1 for strip in strips)), "white")
    pen, top = ImageDraw.Draw(canvas), LINE + 3
    pen.text((left + column, 1), block.heading, INK, _font(13))
    if begin:
        canvas.paste(begin, (0, 3))
    for clip, picture in zip(block.clips, strips, strict=True):
        pen.text((left, top + picture.shape[0] / 2), clip.label, SOFT, _font(13), anchor="lm")
        canvas.paste(Image.fromarray(picture), (left + column, top))
        top += picture.shape[0] + 1
    return canvas


def timeline(title: str, blocks: list[Block], name: str, words: list[str], least: int = 64) -> Image.Image:
    """The `lines` of every block below one another, and above their frames a word each, after a name for them."""
    column = column_of(blocks)
    sheets = [lines(block, column, least) for block in blocks]
    above = Image.new("RGB", (sheets[0].width, LINE - 2), "white")
    pen, step = ImageDraw.Draw(above), (above.width - column + 1) / len(words)
    pen.text((0, 1), name, SOFT, _font(13))
    for place, word in enumerate(words):
        pen.text((column + (place + 0.5) * step, 1), word, SOFT, _font(13), anchor="ma")
    return grid(title, [[sheet] for sheet in sheets], key=above)


def numbered(title: str, blocks: list[Block], count: int | None) -> Image.Image:
    """A timeline of up to `count` frames, the first, the last and what is evenly between, by their numbers from 1."""
    length = min(len(clip.frames) for block in blocks for clip in block.clips)
    shown = np.linspace(0, length - 1, min(count or length, length)).round().astype(int)
    chosen = [Block(block.heading, [Clip(clip.frames[shown], clip.label) for clip in block.clips]) for block in blocks]
    return timeline(title, chosen, "frame", [str(frame + 1) for frame in shown])


def column_of(blocks: list[Block]) -> int:
    """How wide a column their labels need."""
    return int(max(_font(13).getlength(clip.label) for block in blocks for clip in block.clips)) + GAP


def still(panels: list[Panel]) -> Image.Image:
    """Every frame: one panel below the other, in each a line a sequence."""
    sheets = []
    for panel in panels:
        column = column_of(panel.blocks)
        sheets.append(grid(panel.title, [[lines(block, column)] for block in panel.blocks]))
    return stack(sheets)


def film(panels: list[Panel]) -> list[Image.Image]:
    """Every moment: in each panel a row a block, in it the sequences side by side; shorter ones begin anew."""
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
    """Side by side where they fit, else one below the other."""
    return stack(pictures, across=sum(picture.width for picture in pictures) <= WIDEST)


def moment(clip: Clip, time: int, least: int = 96) -> Image.Image:
    """One frame under the label of its sequence."""
    return _under_label(enlarge(clip.frames[time % len(clip.frames)], least), clip.label)


def note(text: str) -> Image.Image:
    """A line of text: a key for a `grid` whose title must stay as wide as it is throughout a film."""
    canvas = Image.new("RGB", (int(_font(13).getlength(text)) + 2, LINE - 2), "white")
    ImageDraw.Draw(canvas).text((0, 1), text, SOFT, _font(13))
    return canvas


def wall(block: Block, time: int, least: int = 64) -> Image.Image:
    """One frame of each of the block's sequences, in as many rows as columns or fewer, under its heading."""
    frames = [enlarge(clip.frames[time], least) for clip in block.clips]
    across, side = math.ceil(math.sqrt(len(frames))), frames[0].shape[0] + 1
    picture = np.full((math.ceil(len(frames) / across) * side - 1, across * side - 1, 3), 255, np.uint8)
    for place, frame in enumerate(frames):
        top, left = (side * part for part in divmod(place, across))
        picture[top : top + side - 1, left : left + side - 1] = frame
    return _under_label(picture, block.heading)


def _under_label(picture: np.ndarray, label: str) -> Image.Image:
    width = max(picture.shape[1], int(_font(13).getlength(label)) + 2)
    canvas = Image.new("RGB", (width, picture.shape[0] + LINE), "white")
    ImageDraw.Draw(canvas).text((0, 1), label, SOFT, _font(13))
    canvas.paste(Image.fromarray(picture), (0, LINE))
    return canvas


def grid(title: str, rows: list[list[Image.Image]], together: int = 1, key: Image.Image | None = None) -> Image.Image:
    """Pictures in rows and columns under a title, each column as wide as its widest; `together` rows stand close.

    `key`, where there is one, explains the colours and stands between the title and the rows.
    """
    widths = [max(picture.width for picture in column) for column in zip(*rows, strict=True)]
    heights = [max(p.height for p in row) + (GAP if (i + 1) % together else 2 * GAP) for i, row in enumerate(rows)]
    width = max(sum(widths) + GAP * (len(widths) - 1), int(_font(17).getlength(title)))
    top = MARGIN + LINE + GAP + (key.height + GAP if key else 0)
    canvas = Image.new("RGB", (max(width, key.width if key else 0) + 2 * MARGIN, sum(heights) + top), "white")
    ImageDraw.Draw(canvas).text((MARGIN, MARGIN), title, INK, _font(17))
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
    """One below the other, or side by side."""
    widths, heights = [p.width for p in pictures], [p.height for p in pictures]
    size = (sum(widths), max(heights)) if across else (max(widths), sum(heights))
    canvas, left, top = Image.new("RGB", size, "white"), 0, 0
    for picture in pictures:
        canvas.paste(picture, (left, top))
        left, top = (left + picture.width, 0) if across else (0, top + picture.height)
    return canvas


def png(picture: Image.Image) -> bytes:
    """Without metadata: equal pictures are equal bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def gif(pictures: list[Image.Image]) -> bytes:
    """An endless film; one palette for all of its frames, so that nothing flickers that does not move.

    The palette is that of 16 frames at most, evenly spaced.
    """
    palette = stack(pictures[:: -(-len(pictures) // 16)]).quantize(
        255, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=PACE, loop=0, disposal=1)
    return buffer.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
