"""Reads videos of any kind as small square RGB frames with their times.

A video is a film file, an animated GIF or WebP, or a folder with a picture for each frame. Pillow reads pictures and
animations; PyAV, an optional package with the libraries of FFmpeg, decodes everything else. Every frame is reduced when
it is read, so that a long video in full resolution is never kept in memory.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from latentmotion.core.errors import UserError

ANIMATIONS = (".gif", ".webp", ".apng")
FILMS = (".mp4", ".avi", ".webm", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".wmv", ".ogv")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
STEP = 0.1  # seconds for which a frame is shown where a file does not say it
UNEVEN = 0.5  # a rate is variable where a gap differs by this share from the mean; files round their times
LONGEST = 1_000_000  # frames of a video at a constant rate; more come from damaged times
COMPLETE = 0.95  # share of the frames that a file announces; with fewer the file counts as cut off
# What Pillow raises for damaged files.
DAMAGE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError)


@dataclass(frozen=True)
class Video:
    """Frames (T, 3, size, size) uint8 and the times (T,), in seconds and not decreasing, at which they appear.

    `name` is the path of the video, for messages.
    """

    frames: np.ndarray
    times: np.ndarray
    name: str = ""

    def at_rate(self, fps: float) -> np.ndarray:
        """The frames that are visible in the middle of equal steps of time, (T', 3, size, size).

        Arguments:
            fps: steps per second. With 0, a video with a constant rate keeps its frames, and one with a variable rate
                gets a constant one, whose step is the usual time between two frames.
        """
        gaps = np.diff(self.times)
        even = not len(gaps) or (np.abs(gaps - gaps.mean()) < UNEVEN * gaps.mean()).all()
        if even and not fps:
            return self.frames
        usual = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else STEP
        step = 1 / fps if fps else usual
        count = max(1, round((self.times[-1] - self.times[0] + usual) / step))
        if count > LONGEST:
            raise UserError(
                f"{self.name}: lasts {self.times[-1]:.3g} seconds by its times; replace it or set options.fps"
            )
        middle = self.times[0] + step * (np.arange(count) + 0.5)
        return self.frames[np.searchsorted(self.times, middle, "right") - 1]


def read_video(path: Path, size: int) -> Video:
    """A video with its largest centred square reduced or enlarged to `size` pixels.

    Rotation that a file asks for is applied. Transparent pixels become black, and grey ones get three equal channels.
    Raises UserError for a file that is damaged, cut off, without pictures, or of a kind that nothing here reads.
    """
    if path.is_dir():
        frames = [_picture(file, size) for file in frame_files(path)]
        return Video(np.stack(frames), STEP * np.arange(len(frames)), str(path))
    reader = _animation if path.suffix.lower() in ANIMATIONS else _film
    pairs = list(reader(path, size))
    if not pairs:
        raise UserError(f"{path}: has no frames; replace it or remove it")
    times = np.maximum.accumulate([time for time, _ in pairs])
    return Video(np.stack([frame for _, frame in pairs]), times, str(path))


def frame_files(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of the last number in their names.

    Raises UserError for a picture without a number and for two pictures with the same one.
    """
    numbered: dict[int, Path] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() not in PICTURES or file.name.startswith("."):
            continue
        numbers = re.findall(r"\d+", file.stem)
        if not numbers:
            raise UserError(f"{file}: its name has no frame number; name the frames of a video 0001.png, 0002.png, ...")
        if (number := int(numbers[-1])) in numbered:
            raise UserError(f"{file}: has the same frame number as {numbered[number].name}; remove one of the two")
        numbered[number] = file
    return [numbered[number] for number in sorted(numbered)]


def _picture(file: Path, size: int) -> np.ndarray:
    try:
        with Image.open(file) as picture:
            return square(ImageOps.exif_transpose(picture), size)
    except DAMAGE as error:
        raise UserError(f"{file}: not a picture, or damaged ({_one_line(error)}); replace it or remove it") from None


def _animation(path: Path, size: int) -> Iterator[tuple[float, np.ndarray]]:
    """Times and frames of a GIF, WebP or APNG."""
    time = 0.0
    try:
        with Image.open(path) as film:
            for picture in ImageSequence.Iterator(film):
                yield time, square(picture, size)
                time += picture.info.get("duration", 0) / 1000 or STEP
    except DAMAGE as error:
        raise UserError(f"{path}: not an animation, or damaged ({_one_line(error)}); replace it or remove it") from None


def _film(path: Path, size: int) -> Iterator[tuple[float, np.ndarray]]:
    """Times and frames of a film file."""
    try:
        import av
    except ImportError:
        raise UserError(
            f"{path}: films need the package av; install it with: pip install 'latentmotion[videos]'"
        ) from None
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.video:
                sound = (
                    "has sound and no pictures" if container.streams.audio else "not a film, or damaged (no pictures)"
                )
                raise UserError(f"{path}: {sound}; replace it or remove it")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            step = float(1 / stream.average_rate) if stream.average_rate else STEP
            count = 0
            for frame in container.decode(stream):
                yield (count * step if frame.time is None else frame.time), square(_upright(frame), size)
                count += 1
            if count < COMPLETE * stream.frames:
                raise UserError(
                    f"{path}: cut off, {count} of {stream.frames} frames are there; replace it or remove it"
                )
    except (av.error.FFmpegError, ValueError) as error:
        raise UserError(f"{path}: not a film, or damaged ({_one_line(error)}); replace it or remove it") from None


def _upright(frame) -> Image.Image:
    """A decoded frame as a picture, turned as the file asks for."""
    transparent = any(component.is_alpha for component in frame.format.components)
    pixels = frame.to_ndarray(format="rgba" if transparent else "rgb24")
    return Image.fromarray(np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))))


def square(picture: Image.Image, size: int) -> np.ndarray:
    """The largest centred square of a picture of any mode, averaged down or enlarged to (3, size, size) uint8."""
    if picture.mode.startswith(("I", "F")):  # 16 bit
        levels = np.asarray(picture, np.float64)
        picture = Image.fromarray((levels / (257 if levels.max() > 255 else 1)).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture)
    picture = picture.convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    filter = Image.Resampling.BOX if side >= size else Image.Resampling.BICUBIC
    small = picture.crop((left, top, left + side, top + side)).resize((size, size), filter)
    return np.asarray(small).transpose(2, 0, 1)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
