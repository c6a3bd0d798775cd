"""The draws as files to show elsewhere: an animated picture, or all of them side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.augment import loops, preview
from core.augment.preview import Preview
from core.augment.recipe import Recipe
from core.photos.photo import Photo
from pages.augmenting import partners
from pages.augmenting.pictures import DRAWS, SIZE
from pages.photos import pictures


def _gif(draws: Sequence[Preview]) -> bytes:
    return loops.gif([draw.pixels for draw in draws])


def _webp(draws: Sequence[Preview]) -> bytes:
    return loops.webp([draw.pixels for draw in draws])


@dataclass(frozen=True)
class Form:
    """A kind of file that shows the draws."""

    label: str
    media_type: str
    content: Callable[[Sequence[Preview]], bytes]
    help: str


FORMS = {  # by the ending of the file
    "gif": Form("GIF", "image/gif", _gif, "A loop that every program plays, with 256 colours for each draw."),
    "webp": Form("WebP", "image/webp", _webp, "A loop in all colours and much smaller, for browsers and new programs."),
    "png": Form("PNG", "image/png", preview.sheet, "All draws side by side, without any loss."),
}


def show(photo: Photo, shown: Recipe, seed: int) -> None:
    """Draw a button for each form of the draws. The file is made when somebody asks for it."""
    if not shown:
        return
    mixed = partners.of(photo, shown)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Download the draws:", width="content")
        for ending, form in FORMS.items():
            st.download_button(
                form.label,
                partial(file, ending, photo, shown, seed, mixed),
                f"augmented.{ending}",
                form.media_type,
                key=f"augment-download-{ending}",
                icon=":material/download:",
                help=form.help,
                on_click="ignore",
            )


def file(ending: str, photo: Photo, shown: Recipe, seed: int, mixed: str = "") -> bytes:
    """The photo's first views as a file with this ending, one of FORMS. `mixed` is the key of the partners."""
    square = pictures.square(photo.data, SIZE)
    return FORMS[ending].content(preview.draws(square, photo.number, shown, seed, DRAWS, partners.load(mixed)))
