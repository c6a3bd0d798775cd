"""The pictures of Augment: before and after, the range of a transform, the steps of a recipe, and the draws.

Each part is cached by what it depends on. Streamlit doesn't hash `_data`, the photo; `key` identifies it.
"""

import streamlit as st

from core.augment import preview, recipe
from core.augment.recipe import Recipe
from core.augment.transform import Transform
from core.photos.photo import Photo
from pages.augmenting import divider, partners
from pages.augmenting.link import VIEWS
from pages.frame import current_recipe, session
from pages.photos import pictures

SIZE = preview.SIZE
STRIP = 7  # pictures from one end of a range to the other
DRAWS = 12
COLUMNS = 4  # pictures beside each other, at most
USUAL_VIEWS = 8  # the default of a run
END = "The end of its range"

Files = list[tuple[bytes, str, str]]  # PNG, label and caption of each picture


def _files(previews: list[preview.Preview]) -> Files:
    encoded = preview.encode_all(previews)
    return [(file, view.label, view.caption) for file, view in zip(encoded, previews, strict=True)]


@st.cache_data(max_entries=64, show_spinner=False)
def photo_file(key: str, _data: bytes) -> bytes:
    """The unchanged photo as a PNG."""
    return preview.encode(pictures.square(_data, SIZE))


@st.cache_data(max_entries=64, show_spinner=False)
def _strip(key: str, _data: bytes, transform: str, settings: str, mixed: str) -> Files:
    (step,) = recipe.loads(settings)
    photo = pictures.square(_data, SIZE)
    return _files(preview.strip(photo, transform, step.settings, STRIP, partners.load(mixed)))


@st.cache_data(max_entries=64, show_spinner=False)
def _views(key: str, _data: bytes, steps: str, seed: int, mixed: str) -> Files:
    photo = pictures.square(_data, SIZE)
    return _files(preview.draws(photo, int(key), recipe.loads(steps), seed, DRAWS, partners.load(mixed)))


@st.cache_data(max_entries=64, show_spinner=False)
def _steps(key: str, _data: bytes, steps: str, seed: int, view: int, mixed: str) -> Files:
    photo = pictures.square(_data, SIZE)
    return _files(preview.steps(photo, int(key), recipe.loads(steps), seed, view, partners.load(mixed)))


def views(photo: Photo, shown: Recipe, seed: int) -> Files:
    """The photo's first DRAWS views. Raises AppError."""
    return _views(str(photo.number), photo.data, recipe.dumps(shown), seed, partners.of(photo, shown))


def steps_of(photo: Photo, shown: Recipe, seed: int, view: int = 0) -> Files:
    """The original photo, the photo after each step, and the result, in this view (from 0). Raises AppError."""
    return _steps(str(photo.number), photo.data, recipe.dumps(shown), seed, view, partners.of(photo, shown))


def strip_of(photo: Photo, transform: Transform) -> Files:
    """The transform from one end of its range to the other. Raises AppError."""
    shown = (current_recipe.step_of(transform),)
    certain = (recipe.step(transform.key, 1.0, **shown[0].settings),)
    mixed = partners.of(photo, certain)
    return _strip(str(photo.number), photo.data, transform.key, recipe.dumps(shown), mixed)


def gallery(files: Files, in_one_row: bool = False) -> None:
    """Draw pictures with captions, at most COLUMNS beside each other, so that they grow with the screen. A single row
    scrolls on a phone."""
    grid = (
        st.grid(len(files), wrap=False, min_column_width=52, gap="xsmall")
        if in_one_row
        else st.grid(COLUMNS, min_column_width=112, gap="small")
    )
    with grid:
        for file, label, caption in files:
            text = f"**{label}** {caption}" if label else caption
            st.image(file, caption=text, width="stretch", output_format="PNG", alt=f"{label} {caption}".strip())


def shown_steps(transform: Transform, steps: Recipe, view: str) -> Recipe:
    """What the pictures show: the recipe, or the transform on its own. Empty if nothing changes."""
    shown = steps if view == VIEWS[1] else (current_recipe.step_of(transform),)
    return shown if any(step.transform.draws for step in shown) else ()


def choose_after(view: str) -> str:
    """Draw the choice of what stands right of the divider, and return it."""
    choices = [f"View {number}" for number in range(1, DRAWS + 1)]
    if view == VIEWS[0]:
        choices.insert(0, END)
    after: str = st.selectbox(
        "Right of the divider",
        choices,
        **session.augment("after-recipe" if view == VIEWS[1] else "after-transform").choice(choices),
        help="Drag the divider in the picture, or move it with the arrow keys. *View 1* is what the first epoch sees.",
    )
    return after


def before_and_after(photo: Photo, transform: Transform, shown: Recipe, seed: int, after: str) -> None:
    """Draw the photo with a divider: unchanged on the left, changed on the right."""
    alt = f"The photo {photo.name} before and after"
    before = photo_file(str(photo.number), photo.data)
    if not shown:
        st.image(before, width="stretch", output_format="PNG", alt=f"The original photo, {photo.name}")
        return
    if after == END:
        file, _, caption = strip_of(photo, transform)[-1]
        caption = f"{transform.label} {caption}"
    else:
        file, _, caption = views(photo, shown, seed)[int(after.split()[1]) - 1]
        caption = f"{after}: {caption}"
    divider.show("augment-divider", before, file, caption, alt)


def range_of(photo: Photo, transform: Transform) -> None:
    """Draw the transform from one end of its range to the other."""
    if not transform.draws:
        st.info(f"This is only a setting. {transform.takes_effect}")
        return
    st.markdown("**The whole range**")
    strip = strip_of(photo, transform)
    gallery([(file, "", caption) for file, _, caption in strip], in_one_row=True)


def step_by_step(photo: Photo, shown: Recipe, seed: int) -> None:
    """Draw the recipe step by step."""
    if not shown:
        st.info("The recipe is empty. Add a transform, or start from a preset.", icon=":material/arrow_forward:")
        return
    st.markdown("**Step by step**, for the first epoch")
    gallery(steps_of(photo, shown, seed))


def draws(photo: Photo, transform: Transform, shown: Recipe, seed: int, view: str) -> None:
    """Draw the photo's views, as training sees them."""
    if not shown:
        return
    files = views(photo, shown, seed)
    if view == VIEWS[0]:
        st.markdown(f"**{DRAWS} random draws**")
        gallery([(file, "", caption.removeprefix(f"{transform.label} ")) for file, _, caption in files])
        partners.note(photo, shown)
        return
    st.markdown(
        "**This photo in training**: view 1 in the first epoch, view 2 in the second …",
        help=f"With a frozen pretrained backbone, training repeats the first {USUAL_VIEWS} views. A network that "
        "learns as a whole sees a new view in each epoch.",
    )
    gallery(files)
    partners.note(photo, shown)
