"""Small pictures of a lesson's photos."""

from collections.abc import Sequence

from core import words
from core.datasets import catalogue, thumbnails
from core.datasets.thumbnails import Thumbnail
from core.teaching.lesson import Row
from pages.photos.grid import Colour, Tile


def of(name: str, photos: Sequence[Row]) -> list[tuple[Row, bytes]]:
    """The photos that can be read, each with its small picture, a JPEG."""
    return [(row, each.picture) for row, each in zip(photos, _load(name, photos), strict=True) if each.picture]


def tiles(
    name: str, photos: Sequence[Row], alts: Sequence[str], badges: Sequence[tuple[str, Colour] | None]
) -> list[Tile]:
    """Tiles of photos for a grid, with what they show in words, and a badge."""
    return [
        Tile(
            name=row.name,
            picture=thumbnail.picture or None,
            caption=words.printable(row.path.name),
            badges=(badge,) if badge else (),
            alt=f"{row.path.name}, {alt}",
            title=thumbnail.reason,
        )
        for row, thumbnail, alt, badge in zip(photos, _load(name, photos), alts, badges, strict=True)
    ]


def _load(name: str, photos: Sequence[Row]) -> list[Thumbnail]:
    folder = catalogue.own_folder(name) / catalogue.PHOTOS
    made = thumbnails.load(folder, [row.path for row in photos]) if photos else []
    return [each or Thumbnail(b"") for each in made]
