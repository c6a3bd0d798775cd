"""Pictures for pages: drawn examples, squares as the networks see them, and thumbnails."""

import numpy as np
import streamlit as st
from PIL import Image

from core import photos
from core.augment import preview
from core.datasets import drawn
from core.photos.photo import Photo


@st.cache_data(max_entries=64, show_spinner=False)
def _drawing(label: str, number: int, size: int) -> bytes:
    return photos.png(np.asarray(drawn.garment(label, number, size)))


def example(label: str, number: int, size: int = 299) -> Photo:
    """A drawn garment, for pages that have nothing else to show."""
    return Photo(_drawing(label, number, size), f"a drawn {label}", label=label)


@st.cache_data(max_entries=64, show_spinner=False)
def square(data: bytes, size: int) -> np.ndarray:
    """The photo as the networks see it: uint8 (size, size, 3). Raises PhotoError."""
    return photos.square(data, size)


@st.cache_data(max_entries=128, show_spinner=False)
def thumbnail(data: bytes, side: int = 480) -> Image.Image:
    """The upright photo in its own proportions, at most `side` px wide and high. Raises PhotoError."""
    image = Image.fromarray(photos.decode(data, at_least=side))
    image.thumbnail((side, side))
    return image


def picture(pixels: np.ndarray, alt: str, caption: str | None = None) -> None:
    """Show uint8 (height, width, 3) as a PNG. Streamlit's default, JPEG, would change the pixels."""
    st.image(preview.encode(pixels), caption=caption, width="stretch", output_format="PNG", alt=alt)
