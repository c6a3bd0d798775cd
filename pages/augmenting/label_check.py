"""Does the label survive? Shows a saved model's answer to each draw, and along the transform's range."""

import streamlit as st

from core import words
from core.answering import label_safety, shelf
from core.answering.classifier import Answer, load
from core.answering.label_safety import Opinion
from core.answering.shelf import Model
from core.augment import preview, recipe
from core.augment.catalogue import TRANSFORMS
from core.drawing import figures
from core.photos.photo import Photo
from pages.augmenting import partners
from pages.augmenting.pictures import DRAWS
from pages.frame import current_recipe, markdown, page, session
from pages.photos import pictures

POINTS = 13  # on the confidence curve
NEWS_SECONDS = 1.0  # between two looks at what the sliders say, while the answers are shown
LOOK_SECONDS = 4.0  # between two looks at whether somebody wants them: a click may be lost among others


@st.cache_data(max_entries=64, show_spinner=False)
def _opinions(
    folder: str, stamp: str, key: str, true: str, _data: bytes, steps: str, seed: int, mixed: str
) -> tuple[Answer, list[Opinion]]:
    model = load(shelf.model(folder))
    others = partners.load(mixed, model.size)
    return label_safety.opinions_on_draws(model, _data, recipe.loads(steps), seed, DRAWS, true, others)


@st.cache_data(max_entries=64, show_spinner=False)
def _along(
    folder: str, stamp: str, key: str, true: str, _data: bytes, step_text: str, mixed: str
) -> tuple[Answer, list[Opinion]]:
    (step,) = recipe.loads(step_text)
    model = load(shelf.model(folder))
    others = partners.load(mixed, model.size)
    return label_safety.opinions_along(model, _data, step.transform.key, step.settings, POINTS, true, others)


def show() -> None:
    """Draw the answers, while somebody looks at them, in a fragment of their own: sliders never wait for the model."""
    is_open = bool(session.augment("label-check").get(False))
    seconds = NEWS_SECONDS if is_open else LOOK_SECONDS
    st.fragment(page.fragment(_answers), run_every=seconds, key="augment-label-check-answers")(is_open)


def _answers(was_open: bool) -> None:
    box = st.expander(
        "Does the label survive?",
        icon=":material/verified:",
        on_change="rerun",
        key=session.augment("label-check").key,
    )
    if box.open != was_open:
        st.rerun()
    if not box.open:
        return
    with box, page.errors():
        photo = session.AUGMENT_PHOTO.get() or pictures.example("dress", 3)
        model = _chosen_model(photo)
        if model is None:
            st.info(
                "A saved model can say whether it still recognises the changed photo. Train a model first.",
                icon=":material/model_training:",
            )
            return
        steps, seed = current_recipe.steps(), session.AUGMENT_SEED.get(0)
        transform = TRANSFORMS[session.TRANSFORM.get(current_recipe.FIRST)]
        true = photo.label if photo.label in model.labels else ""
        key = (str(model.folder), model.created, str(photo.number), true, photo.data)
        answer, views = _opinions(*key, recipe.dumps(steps), seed, partners.of(photo, steps))
        st.markdown(_verdict(model, photo, true, answer, views))
        if recipe.mixes(steps):
            st.caption(
                "A mixed photo has a mixed label: an answer is right if its class has at least "
                f"{label_safety.ENOUGH:.0%} of the label."
            )
        with st.grid("auto", min_column_width=92, gap="small"):
            for view in views:
                text = f"{markdown.plain(view.label)} {words.percent(view.probability)}"
                st.image(
                    preview.encode(view.pixels),
                    width="stretch",
                    output_format="PNG",
                    alt=text,
                    caption=f"✓ {text}" if view.survives else f"**✗ {text}**",  # coloured text would be paler
                )
        if transform.draws:
            st.markdown(f"Its confidence over the whole range of **{transform.label.lower()}**")
            step = recipe.step(transform.key, 1.0, **current_recipe.step_of(transform).settings)
            _, along = _along(*key, recipe.dumps((step,)), partners.of(photo, (step,)))
            figure = figures.confidence(
                [point.caption for point in along],
                [point.confidence for point in along],
                true or answer.label,
                page.theme(),
            )
            st.plotly_chart(
                figure,
                key="augment-confidence",
                config={"displayModeBar": False},
                alt=f"Probability of {true or answer.label} along {transform.label}",
            )


def _chosen_model(photo: Photo) -> Model | None:
    """Draw the choice of a model if there are several. Returns the chosen one; None if there is no model."""
    usual = label_safety.model_for(photo.label)
    names = {"": f"The one that fits: {usual.title}" if usual else ""}
    models = shelf.models()
    titles = shelf.titles(models)
    names |= {model.name: f"{titles[model.name]} ({words.classes(len(model.labels))})" for model in models}
    if usual is None or len(names) < 3:
        return usual
    chosen = st.selectbox(
        "Model to ask",
        list(names),
        **session.augment("label-model").choice(names),
        format_func=names.__getitem__,
        width=360,
        help="A model can only judge a photo of a class that it knows.",
    )
    return shelf.model(chosen) if chosen else usual


def _verdict(model: Model, photo: Photo, true: str, answer: Answer, views: list[Opinion]) -> str:
    """What the model says about the unchanged photo and about the draws."""
    changed = sum(not view.survives for view in views)
    who = f"The model **{markdown.plain(model.title)}**"
    sees = f"**{markdown.plain(answer.label)}** ({words.percent(answer.probability)})"
    if not true:
        unknown = f" It does not know the class *{markdown.plain(photo.label)}*." if photo.label else ""
        draws = f"{changed} of {len(views)} draws of the recipe change" if changed else f"all {len(views)} draws keep"
        return f"{who} thinks the photo shows {sees}; {draws} its answer.{unknown} This is its opinion, not the truth."
    of_class = f"**{markdown.plain(true)}**"
    if answer.label != true:
        return (
            f"The photo shows {of_class}. {who} takes even the unchanged photo for {sees}, so it can't judge the "
            f"recipe: it sees {of_class} in {len(views) - changed} of {len(views)} draws."
        )
    draws = (
        f"in {changed} of {len(views)} draws of the recipe it sees something else"
        if changed
        else f"it does so in all {len(views)} draws of the recipe"
    )
    return f"The photo shows {of_class}. {who} recognises it ({words.percent(answer.probability)}); {draws}."
