"""Augment: what each transform does to a photo, alone and combined, before you train with it."""

from urllib.parse import quote

import numpy as np
import streamlit as st

from core import words
from core.answering import label_safety, shelf
from core.answering.classifier import load
from core.augment import export, preview, recipe, saved
from core.augment.catalogue import TRANSFORMS
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.augment.transform import Transform
from core.drawing import figures
from core.errors import AppError
from pages.augmenting import recipes
from pages.frame import markdown, navigation, page, session
from pages.photos import picker, pictures
from pages.photos.photo import Photo

SIZE = 299  # px, the largest of the course
STRIP = 7  # pictures from one end of a range to the other
DRAWS = 12
VIEWS = 8  # what a run banks unless its config says otherwise
STEPS = 13  # points of the confidence curve
SHOWN = ("One transform", "The recipe")


Files = list[tuple[bytes, str, str]]  # PNG, label and caption of pictures


def files(shown: list[preview.Shown]) -> Files:
    encoded = preview.all_encoded(shown)
    return [(file, one.label, one.caption) for file, one in zip(encoded, shown, strict=True)]


# What did not change is not computed again: each part is remembered by what it depends on (_data is named by `key`).


@st.cache_data(max_entries=64, show_spinner=False)
def strip(key: str, _data: bytes, transform: str, settings: str) -> Files:
    (step,) = recipe.loads(settings)
    return files(preview.strip(pictures.square(_data, SIZE), transform, step.settings, STRIP))


@st.cache_data(max_entries=64, show_spinner=False)
def views(key: str, _data: bytes, steps: str, seed: int) -> Files:
    return files(preview.draws(pictures.square(_data, SIZE), int(key), recipe.loads(steps), seed, DRAWS))


@st.cache_data(max_entries=64, show_spinner=False)
def one_by_one(key: str, _data: bytes, steps: str, seed: int) -> Files:
    return files(preview.steps(pictures.square(_data, SIZE), int(key), recipe.loads(steps), seed))


@st.cache_data(max_entries=64, show_spinner=False)
def opinions(folder: str, stamp: str, key: str, _data: bytes, steps: str, seed: int) -> tuple:
    return label_safety.of_draws(load(shelf.model(folder)), _data, recipe.loads(steps), seed, DRAWS)


@st.cache_data(max_entries=64, show_spinner=False)
def course(folder: str, stamp: str, key: str, _data: bytes, step: str) -> tuple:
    (one,) = recipe.loads(step)
    return label_safety.along(load(shelf.model(folder)), _data, one.transform.key, one.settings, STEPS)


# --- the link that restores everything -------------------------------------------------------------------------------


def restore() -> None:
    """Once per session: what the address says (recipe, seed, focus, photo) becomes what is in hand."""
    if st.session_state.setdefault("augment-restored", False):
        return
    st.session_state["augment-restored"] = True
    asked = st.query_params
    if "recipe" in asked:
        with page.errors():
            recipes.put(recipe.loads(asked["recipe"]))
    if asked.get("focus") in TRANSFORMS:
        st.session_state[recipes.FOCUS] = asked["focus"]
    seed = asked.get("seed", "")
    if seed.isdecimal() and len(seed) <= 10:
        st.session_state["augment-seed"] = int(seed) % 2**32
    if asked.get("view") in SHOWN:
        st.session_state["augment-view"] = asked["view"]
    if "photo" in asked:
        picker.pick(asked["photo"])


def remember(steps: Recipe, seed: int, photo: str) -> None:
    """Write what is in hand into the address, so that a reload or a link brings it back."""
    wanted = {"recipe": recipe.to_link(steps), "seed": str(seed), "focus": st.session_state[recipes.FOCUS]}
    wanted |= {"view": st.session_state["augment-view"]} | ({"photo": photo} if photo else {})
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


# --- controls --------------------------------------------------------------------------------------------------------


def roll() -> None:
    st.session_state["augment-seed"] = int(np.random.default_rng().integers(10_000))


def starting_points() -> None:
    """Presets and saved recipes to start from, and a name to save the one in hand under."""
    labels = {f"preset:{preset.key}": preset.label for preset in PRESETS}
    labels |= {f"saved:{name}": f"{name} (saved)" for name in saved.names()}
    with st.popover("Presets and saved recipes", icon=":material/bookmarks:", width="stretch"):
        chosen = st.selectbox("Start from", list(labels), format_func=labels.__getitem__)
        kind, _, name = chosen.partition(":")
        explanation = next((one.explanation for one in PRESETS if kind == "preset" and one.key == name), "")
        st.caption(explanation or "Saved here.")
        with st.container(horizontal=True):
            st.button("Use it", icon=":material/check:", on_click=use, args=(kind, name))
            if kind == "saved":
                st.button("Delete it", icon=":material/delete:", on_click=saved.delete, args=(name,))
        name = st.text_input(
            "Save the recipe in hand as", max_chars=saved.LONGEST, placeholder="a name", key="augment-save-as"
        )
        st.button("Save", icon=":material/save:", disabled=not name.strip(), on_click=keep)


def keep() -> None:
    """Save the recipe in hand (a callback)."""
    try:
        saved.save(st.session_state["augment-save-as"], recipes.current())
        st.session_state["augment-save-as"] = ""
        st.toast("Saved; it is among the starting points now.", icon=":material/bookmark_added:")
    except AppError as error:
        st.session_state["augment-error"] = str(error)


def use(kind: str, name: str) -> None:
    """Make a preset or saved recipe the one in hand (a callback)."""
    try:
        preset = next((one.recipe for one in PRESETS if kind == "preset" and one.key == name), None)
        recipes.put(saved.load(name) if preset is None else preset)
    except AppError as error:
        st.session_state["augment-error"] = str(error)


def controls() -> tuple[Photo, Transform, int]:
    """Photo, transform in focus, recipe and seed."""
    with st.container(border=True), page.errors():
        st.session_state["augment-photo"] = picker.choose()
    photo = st.session_state.get("augment-photo") or pictures.example("dress", 3)
    with st.container(border=True):
        transform = recipes.focus_editor()
    with st.container(border=True):
        st.markdown("**The recipe**", help="What training does to each photo, anew in every epoch.")
        recipes.step_list()
        if sentence := st.session_state.pop("augment-error", None):
            st.error(markdown.plain(sentence), icon=":material/error:")
        starting_points()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            seed = st.number_input(
                "Seed",
                0,
                2**32 - 1,
                **session.kept("augment-seed", 0),
                help="The same seed gives the same pictures, here and in training.",
            )
            st.button("Roll", icon=":material/casino:", on_click=roll, help="Another seed, other draws.")
        if st.button(
            "Train with this recipe",
            icon=":material/show_chart:",
            type="primary",
            width="stretch",
            disabled=not recipes.on(),
        ):
            navigation.take_to_train(recipes.current(), seed)
    return photo, transform, seed


# --- pictures --------------------------------------------------------------------------------------------------------


def gallery(shown: Files, in_one_row: bool = False) -> None:
    """Pictures with their words; those in one row are scrolled on a phone."""
    grid = (
        st.grid(len(shown), wrap=False, min_column_width=52, gap="xsmall")
        if in_one_row
        else st.grid("auto", min_column_width=112, gap="small")
    )
    with grid:
        for file, label, caption in shown:
            told = f"**{label}** {caption}" if label else caption
            st.image(file, caption=told, width="stretch", output_format="PNG", alt=f"{label} {caption}".strip())


def one_transform(photo: Photo, transform: Transform, seed: int) -> None:
    """The transform in focus by itself: what for, from end to end, and at random."""
    st.markdown(f"**{transform.label}.** {transform.explanation}")
    st.caption(f":material/warning: {transform.harm}")
    if not transform.draws:
        st.info("This one only sets something; it shows as soon as another transform leaves a corner empty.")
        return
    step = recipes.step_of(transform)
    number, text = str(photo.number), recipe.dumps((step,))
    st.markdown("**From one end to the other**")
    gallery(
        [(file, "", caption) for file, _, caption in strip(number, photo.data, transform.key, text)], in_one_row=True
    )
    st.markdown(f"**{DRAWS} random draws**")
    gallery(
        [
            (file, "", caption.removeprefix(f"{transform.label} "))
            for file, _, caption in views(number, photo.data, text, seed)
        ]
    )


def whole_recipe(photo: Photo, steps: Recipe, seed: int) -> None:
    """All steps together: one after the other, and what training will see."""
    if not any(step.transform.draws for step in steps):
        st.info("The recipe is empty: switch a transform on, or start from a preset.", icon=":material/arrow_forward:")
        return
    number, text = str(photo.number), recipe.dumps(steps)
    st.markdown("**Step by step**, as the first epoch sees this photo")
    gallery(one_by_one(number, photo.data, text, seed))
    st.markdown(
        "**This photo in training**: view 1 in the first epoch, view 2 in the second …",
        help=f"While a pretrained backbone is frozen, training goes through the first {VIEWS} views again and again; a "
        "network that learns whole sees another view in each epoch.",
    )
    gallery(views(number, photo.data, text, seed))


@st.fragment(run_every=1.0)
def safety() -> None:
    """A fragment of its own that looks once a second, so that sliders never wait for the model."""
    part = st.expander("Is it safe for the label?", icon=":material/verified:", on_change="rerun", key="augment-safety")
    if not part.open:
        return
    with part, page.errors():
        model = shelf.chosen()
        if model is None:
            st.info(
                "A saved model can say whether it still recognises the changed photo. There is none yet: train one.",
                icon=":material/model_training:",
            )
            return
        photo = st.session_state.get("augment-photo") or pictures.example("dress", 3)
        steps, seed = recipes.current(), st.session_state.get("augment-seed", 0)
        transform = TRANSFORMS[st.session_state.get(recipes.FOCUS, recipes.FIRST)]
        about = (str(model.folder), model.created, str(photo.number), photo.data)
        answer, views = opinions(*about, recipe.dumps(steps), seed)
        lost = sum(not view.kept for view in views)
        verdict = (
            f"{lost} of {len(views)} draws of the recipe change its answer"
            if lost
            else (f"all {len(views)} draws of the recipe keep its answer")
        )
        st.markdown(
            f"The model **{markdown.plain(model.name)}** takes the photo for **{markdown.plain(answer.label)}** "
            f"({words.percent(answer.probability)}); "
            f"{verdict}. That is this model's opinion, not the truth."
        )
        with st.grid("auto", min_column_width=92, gap="small"):
            for view in views:
                said = f"{markdown.plain(view.label)} {words.percent(view.probability)}"
                st.image(
                    preview.encoded(view.pixels),
                    width="stretch",
                    output_format="PNG",
                    alt=said,
                    caption=f"✓ {said}" if view.kept else f"**✗ {said}**",  # captions are pale: colour would be paler
                )
        if transform.draws:
            st.markdown(
                f"How sure it stays along **{transform.label.lower()}**, from one end of the range to the other"
            )
            _, along = course(*about, recipe.dumps((recipes.step_of(transform),)))
            figure = figures.confidence(
                [one.caption for one in along], [one.confidence for one in along], answer.label, page.theme()
            )
            st.plotly_chart(
                figure,
                key="augment-confidence",
                config={"displayModeBar": False},
                alt=f"Probability of {answer.label} along {transform.label}",
            )


def take_away(photo: Photo, steps: Recipe, seed: int) -> None:
    """The recipe as code, JSON, link and picture."""
    part = st.expander(
        "Take it away: code, link, picture", icon=":material/ios_share:", on_change="rerun", key="augment-export"
    )
    if not part.open:
        return
    with part:
        generator, layers, text, link = st.tabs(["ImageDataGenerator", "Keras layers", "JSON", "Link and picture"])
        generator.code(export.image_data_generator(steps), language="python")
        layers.code(export.keras_layers(steps), language="python")
        text.code(export.as_json(steps), language="json")
        with link:
            address = (st.context.url or "").split("?")[0]
            query = "&".join(f"{name}={quote(value)}" for name, value in st.query_params.to_dict().items())
            st.code(f"{address}?{query}", language=None, wrap_lines=True)
            shown = preview.draws(pictures.square(photo.data, SIZE), photo.number, steps, seed, DRAWS)
            st.download_button(
                "The draws as PNG", preview.sheet(shown), "augmented.png", "image/png", icon=":material/download:"
            )


@st.fragment
def lab() -> None:
    """Pictures on the left, or on top on a phone; the controls beside or below them."""
    left, side = st.columns([2, 1], gap="large")
    with side:
        photo, transform, seed = controls()
    steps = recipes.current()
    with left, page.errors():
        original, beside = st.columns([1, 3], vertical_alignment="center")
        with original:
            pictures.picture(pictures.square(photo.data, SIZE), f"The original photo, {photo.name}")
        with beside:
            st.markdown(f"**The photo**, squashed to {SIZE} × {SIZE} pixels as networks want it.")
            view = st.segmented_control(
                "Show",
                SHOWN,
                **session.kept("augment-view", SHOWN[0]),
                required=True,
                label_visibility="collapsed",
            )
        if view == SHOWN[0]:
            one_transform(photo, transform, seed)
        else:
            whole_recipe(photo, steps, seed)
        take_away(photo, steps, seed)
    remember(steps, seed, photo.place)


page.header("Augment", "See what each transform does to a photo, alone and combined, exactly as training will see it.")
restore()
lab()
safety()
