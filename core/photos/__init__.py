"""Photos: bytes in, upright RGB pixels out, and the resize that training, preview and prediction share."""

from core.photos.decoding import Pixels, decode
from core.photos.encoding import png, thumbnail
from core.photos.files import key, key_number, read_file
from core.photos.formats import limits
from core.photos.resizing import resize, square, square_of

__all__ = [
    "Pixels", "decode", "key", "key_number", "limits", "png", "read_file", "resize", "square", "square_of", "thumbnail",
]  # fmt: skip
