"""What a sound file's header says, and the bytes of its samples."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pcm:
    """Linear PCM as a file stores it.

    Arguments:
        rate: samples a second, of each channel.
        width: bytes of one sample of one channel.
        count: samples of each channel, as the header says.
        order: how samples of two bytes are stored, "<i2" or ">i2".
        content: the samples that are there, channels interleaved; fewer than `count` of a truncated file.
    """

    rate: int
    channels: int
    width: int
    count: int
    order: str
    content: bytes
