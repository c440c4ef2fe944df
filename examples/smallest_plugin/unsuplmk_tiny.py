"""The smallest plugin: an encoder of one convolution."""

from torch import Tensor, nn

from unsuplmk.hookspecs import hookimpl
from unsuplmk.interfaces import Encoder


class Tiny(Encoder):
    """One strided convolution from the image to the heatmaps.

    Args:
        stride: Image side over heatmap side.
    """

    def __init__(self, landmarks: int, *, stride: int = 8) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, landmarks, 2 * stride + 1, stride, padding=stride)

    def forward(self, image: Tensor) -> Tensor:
        """Scores of a linear filter a landmark."""
        return self.convolution(image)


@hookimpl
def register_encoders() -> dict[str, type]:
    """Name the encoder `tiny`."""
    return {"tiny": Tiny}
