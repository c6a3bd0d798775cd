"""How a network from elsewhere wants its pixels: the ranges to which levels 0 … 255 are scaled."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scaling:
    """pixel = scale · level + offset"""

    key: str
    label: str
    scale: float
    offset: float


SCALINGS = {
    scaling.key: scaling
    for scaling in (
        Scaling("-1-1", "−1 to 1, as for Xception and MobileNetV2", 1 / 127.5, -1.0),
        Scaling("0-1", "0 to 1", 1 / 255, 0.0),
        Scaling("0-255", "0 to 255: the network scales them itself, as EfficientNet does", 1.0, 0.0),
    )
}
MEASURE = "measure"
