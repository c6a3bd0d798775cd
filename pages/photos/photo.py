"""The photo in hand."""

from dataclasses import dataclass

from core import photos


@dataclass(frozen=True)
class Photo:
    """The photo in hand: its bytes, and what to call it."""

    data: bytes
    name: str
    place: str = ""  # dataset/class/number, for links; an uploaded one has none

    @property
    def number(self) -> int:
        return photos.key_number(photos.key(self.data))
