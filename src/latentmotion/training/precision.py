"""The precision in which a training computes: what its settings ask for, if the machine has instructions for it."""

import torch


def precision_on(device: torch.device, wanted: str) -> str:
    """The precision in which a training on this device computes: `wanted`, or float32 in place of bfloat16.

    A processor without instructions for bfloat16 imitates it, and a step then takes about ten times as long as in
    float32, which is at least as exact.
    """
    return wanted if wanted != "bfloat16" or computes_bfloat16(device) else "float32"


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()  # torch has no public function for it
