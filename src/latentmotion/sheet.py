"""Frames of sequences on white sheets, still and moving, with labels to read. Sequences are (T, C, H, W) uint8."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK, SOFT = (27, 31, 36), (89, 99, 110)
MARGIN, GAP, LINE = 16, 12, 18  # around the sheet, between blocks, a line of text
PACE = 140  # milliseconds of a frame of a film


@dataclass(frozen=True)
class Clip:
    """A sequence and the words above it."""

    frames: np.ndarray
    label: str


def enlarge(frame: np.ndarray, least: int) -> np.ndarray:
    """(C, H, W) -> (h, w, 3), every pixel repeated until a side has `least` pixels: nothing is smoothed over."""
    times = -(-least // frame.shape[-1])
    picture = np.moveaxis(frame if len(frame) == 3 else np.repeat(frame, 3, axis=0), 0, -1)
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def strip(clip: Clip, least: int = 64) -> Image.Image:
    """All frames side by side, one pixel apart, under their label."""
    frames = [enlarge(frame, least) for frame in clip.frames]
    white = np.full((frames[0].shape[0], 1, 3), 255, np.uint8)
    line = np.concatenate([part for frame in frames for part in (frame, white)][:-1], axis=1)
    return _under_label(line, clip.label)


def moment(clip: Clip, time: int, least: int = 96) -> Image.Image:
    """One frame under the label of its sequence."""
    return _under_label(enlarge(clip.frames[time % len(clip.frames)], least), clip.label)


def _under_label(picture: np.ndarray, label: str) -> Image.Image:
    width = max(picture.shape[1], int(_font(13).getlength(label)) + 2)
    canvas = Image.new("RGB", (width, picture.shape[0] + LINE), "white")
    ImageDraw.Draw(canvas).text((0, 1), label, SOFT, _font(13))
    canvas.paste(Image.fromarray(picture), (0, LINE))
    return canvas


def grid(title: str, rows: list[list[Image.Image]], together: int = 1) -> Image.Image:
    """Pictures in rows and columns under a title, each column as wide as its widest; `together` rows stand close."""
    widths = [max(picture.width for picture in column) for column in zip(*rows, strict=True)]
    heights = [max(p.height for p in row) + (GAP if (i + 1) % together else 2 * GAP) for i, row in enumerate(rows)]
    width = max(sum(widths) + GAP * (len(widths) - 1), int(_font(17).getlength(title)))
    canvas = Image.new("RGB", (width + 2 * MARGIN, sum(heights) + LINE + GAP + MARGIN), "white")
    ImageDraw.Draw(canvas).text((MARGIN, MARGIN), title, INK, _font(17))
    top = MARGIN + LINE + GAP
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
    """An endless film; one palette for all of its frames, so that nothing flickers that does not move."""
    palette = stack(pictures).quantize(255, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=PACE, loop=0, disposal=1)
    return buffer.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
