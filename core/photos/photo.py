"""A photo in hand: its bytes, what to call it, and where it comes from."""

from dataclasses import dataclass

from core.photos.files import key, key_number


@dataclass(frozen=True)
class Photo:
    """The photo in hand: its bytes, and what to call it."""

    data: bytes
    name: str
    place: str = ""  # dataset/class/number, for links; an uploaded one has none
    label: str = ""  # its true class; empty if nobody knows it

    @property
    def number(self) -> int:
        return key_number(key(self.data))
