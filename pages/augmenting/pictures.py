"""The pictures of Augment: one transform on its own, and the whole recipe.

What did not change is not computed again: each part is cached by what it depends on; `_data` is named by `key`.
"""

import streamlit as st

from core.augment import preview, recipe
from core.augment.recipe import Recipe
from core.augment.transform import Transform
from core.photos.photo import Photo
from pages.frame import current_recipe
from pages.photos import pictures

SIZE = 299  # px, the largest of Machine Learning Zoomcamp
STRIP = 7  # pictures from one end of a range to the other
DRAWS = 12
VIEWS = 8  # what a run banks unless its config says otherwise

Files = list[tuple[bytes, str, str]]  # PNG, label and caption of pictures


def _files(previews: list[preview.Preview]) -> Files:
    encoded = preview.encode_all(previews)
    return [(file, one.label, one.caption) for file, one in zip(encoded, previews, strict=True)]


@st.cache_data(max_entries=64, show_spinner=False)
def _strip(key: str, _data: bytes, transform: str, settings: str) -> Files:
    (step,) = recipe.loads(settings)
    return _files(preview.strip(pictures.square(_data, SIZE), transform, step.settings, STRIP))


@st.cache_data(max_entries=64, show_spinner=False)
def _views(key: str, _data: bytes, steps: str, seed: int) -> Files:
    return _files(preview.draws(pictures.square(_data, SIZE), int(key), recipe.loads(steps), seed, DRAWS))


@st.cache_data(max_entries=64, show_spinner=False)
def _one_by_one(key: str, _data: bytes, steps: str, seed: int) -> Files:
    return _files(preview.steps(pictures.square(_data, SIZE), int(key), recipe.loads(steps), seed))


def gallery(files: Files, in_one_row: bool = False) -> None:
    """Pictures with their captions; those in one row are scrolled on a phone."""
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
    """One transform on its own: what it is for, its range from end to end, and random draws."""
    st.markdown(f"**{transform.label}.** {transform.explanation}")
    st.caption(f":material/warning: {transform.harm}")
    if not transform.draws:
        st.info("This is only a setting. It shows as soon as another transform leaves a corner empty.")
        return
    step = current_recipe.step_of(transform)
    number, text = str(photo.number), recipe.dumps((step,))
    st.markdown("**From one end to the other**")
    strip = _strip(number, photo.data, transform.key, text)
    gallery([(file, "", caption) for file, _, caption in strip], in_one_row=True)
    st.markdown(f"**{DRAWS} random draws**")
    draws = _views(number, photo.data, text, seed)
    gallery([(file, "", caption.removeprefix(f"{transform.label} ")) for file, _, caption in draws])


def whole_recipe(photo: Photo, steps: Recipe, seed: int) -> None:
    """All steps together: one after the other, and what training sees."""
    if not any(step.transform.draws for step in steps):
        st.info("The recipe is empty. Add a transform, or start from a preset.", icon=":material/arrow_forward:")
        return
    number, text = str(photo.number), recipe.dumps(steps)
    st.markdown("**Step by step**, as the first epoch sees this photo")
    gallery(_one_by_one(number, photo.data, text, seed))
    st.markdown(
        "**This photo in training**: view 1 in the first epoch, view 2 in the second …",
        help=f"While a pretrained backbone is frozen, training cycles through the first {VIEWS} views; a network that "
        "learns as a whole sees another view in each epoch.",
    )
    gallery(_views(number, photo.data, text, seed))
