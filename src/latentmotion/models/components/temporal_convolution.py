"""A causal convolution in time, whose output at frame t depends on frames up to t only."""

from torch import Tensor, nn
from torch.nn import functional


class CausalConvolution(nn.Module):
    """Two convolutions of `kernel` frames from (B, T, F) to (B, T, F), padded on the left, with a residual connection.

    This is the temporal convolution network (TCN) of HALO's momentum network (supplementary table 5, kernel 3, padding
    2). An output depends on the last 2 `kernel` - 1 frames.
    """

    def __init__(self, features: int, kernel: int):
        super().__init__()
        self.padding = (kernel - 1, 0)
        self.first = nn.Conv1d(features, features, kernel)
        self.second = nn.Conv1d(features, features, kernel)

    def forward(self, sequence: Tensor) -> Tensor:
        x = sequence.mT
        y = functional.leaky_relu(self.first(functional.pad(x, self.padding)), 0.2)
        y = functional.leaky_relu(self.second(functional.pad(y, self.padding)), 0.2)
        return functional.leaky_relu(x + y, 0.2).mT
