"""How a network from elsewhere wants its pixels: the ranges to which levels 0 … 255 are scaled."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scaling:
    """pixel = scale · level + offset"""

    key: str
    scale: float
    offset: float


SCALINGS = {
    scaling.key: scaling
    for scaling in (
        Scaling("-1-1", 1 / 127.5, -1.0),  # Xception, MobileNet, Inception
        Scaling("0-1", 1 / 255, 0.0),
        Scaling("0-255", 1.0, 0.0),  # networks that scale by themselves, such as EfficientNet
    )
}
MEASURE = "measure"
