"""The content of a sound file: what its header states, and the bytes of its samples."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pcm:
    """Linear PCM as it is stored in a file.

    Arguments:
        rate: samples per second of each channel.
        width: bytes of one sample of one channel.
        count: samples of each channel, as stated in the header.
        order: the byte order of samples of two bytes, "<i2" or ">i2".
        content: the samples in the file, with interleaved channels; fewer than `count` in a truncated file.
    """

    rate: int
    channels: int
    width: int
    count: int
    order: str
    content: bytes
