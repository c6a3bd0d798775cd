"""The pictures of Augment: one transform on its own, and the whole recipe.

Each part is cached by what it depends on. Streamlit doesn't hash `_data`, the photo; `key` identifies it.
"""

import streamlit as st

from core.augment import preview, recipe
from core.augment.recipe import Recipe
from core.augment.transform import Transform
from core.photos.photo import Photo
from pages.frame import current_recipe
from pages.photos import pictures

SIZE = 299  # px, the largest size in Machine Learning Zoomcamp
STRIP = 7  # pictures from one end of a range to the other
DRAWS = 12
VIEWS = 8  # the default of a run

Files = list[tuple[bytes, str, str]]  # PNG, label and caption of each picture


def _files(previews: list[preview.Preview]) -> Files:
    encoded = preview.encode_all(previews)
    return [(file, view.label, view.caption) for file, view in zip(encoded, previews, strict=True)]


@st.cache_data(max_entries=64, show_spinner=False)
def _strip(key: str, _data: bytes, transform: str, settings: str) -> Files:
    (step,) = recipe.loads(settings)
    return _files(preview.strip(pictures.square(_data, SIZE), transform, step.settings, STRIP))


@st.cache_data(max_entries=64, show_spinner=False)
def _views(key: str, _data: bytes, steps: str, seed: int) -> Files:
    return _files(preview.draws(pictures.square(_data, SIZE), int(key), recipe.loads(steps), seed, DRAWS))


@st.cache_data(max_entries=64, show_spinner=False)
def _steps(key: str, _data: bytes, steps: str, seed: int) -> Files:
    return _files(preview.steps(pictures.square(_data, SIZE), int(key), recipe.loads(steps), seed))


def gallery(files: Files, in_one_row: bool = False) -> None:
    """Draw pictures with captions. A single row scrolls on a phone."""
    grid = (
        st.grid(len(files), wrap=False, min_column_width=52, gap="xsmall")
        if in_one_row
        else st.grid("auto", min_column_width=112, gap="small")
    )
    with grid:
        for file, label, caption in files:
            text = f"**{label}** {caption}" if label else caption
            st.image(file, caption=text, width="stretch", output_format="PNG", alt=f"{label} {caption}".strip())


def one_transform(photo: Photo, transform: Transform, seed: int) -> None:
    """Draw one transform on its own: its purpose, its whole range, and random draws."""
    st.markdown(f"**{transform.label}.** {transform.explanation}")
    st.caption(f":material/warning: {transform.harm}")
    if not transform.draws:
        st.info("This is only a setting. You see its effect when another transform leaves a corner empty.")
        return
    step = current_recipe.step_of(transform)
    number, text = str(photo.number), recipe.dumps((step,))
    st.markdown("**The whole range**")
    strip = _strip(number, photo.data, transform.key, text)
    gallery([(file, "", caption) for file, _, caption in strip], in_one_row=True)
    st.markdown(f"**{DRAWS} random draws**")
    draws = _views(number, photo.data, text, seed)
    gallery([(file, "", caption.removeprefix(f"{transform.label} ")) for file, _, caption in draws])


def whole_recipe(photo: Photo, steps: Recipe, seed: int) -> None:
    """Draw the recipe step by step, and as training sees it."""
    if not any(step.transform.draws for step in steps):
        st.info("The recipe is empty. Add a transform, or start from a preset.", icon=":material/arrow_forward:")
        return
    number, text = str(photo.number), recipe.dumps(steps)
    st.markdown("**Step by step**, for the first epoch")
    gallery(_steps(number, photo.data, text, seed))
    st.markdown(
        "**This photo in training**: view 1 in the first epoch, view 2 in the second …",
        help=f"With a frozen pretrained backbone, training repeats the first {VIEWS} views. A network that learns as a "
        "whole sees a new view in each epoch.",
    )
    gallery(_views(number, photo.data, text, seed))
