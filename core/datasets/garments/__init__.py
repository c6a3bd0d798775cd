"""Ten classes of garments as parts to draw: each function returns a random cut, without colours or pixels."""

from collections.abc import Callable

from numpy.random import Generator

from core.datasets.garments.hats import hat
from core.datasets.garments.outlines import Part
from core.datasets.garments.shoes import shoes
from core.datasets.garments.skirts import dress, skirt
from core.datasets.garments.tops import longsleeve, outwear, shirt, t_shirt
from core.datasets.garments.trousers import pants, shorts

CUTS: dict[str, Callable[[Generator], list[Part]]] = {
    "dress": dress,
    "hat": hat,
    "longsleeve": longsleeve,
    "outwear": outwear,
    "pants": pants,
    "shirt": shirt,
    "shoes": shoes,
    "shorts": shorts,
    "skirt": skirt,
    "t-shirt": t_shirt,
}
