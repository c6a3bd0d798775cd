"""Does the label survive? A saved model's answer to each draw of the recipe, and along the transform's range."""

import streamlit as st

from core import words
from core.answering import label_safety, shelf
from core.answering.classifier import load
from core.augment import preview, recipe
from core.augment.catalogue import TRANSFORMS
from core.drawing import figures
from pages.augmenting.pictures import DRAWS
from pages.frame import markdown, page, current_recipe, session
from pages.photos import pictures

POINTS = 13  # of the confidence curve


@st.cache_data(max_entries=64, show_spinner=False)
def _opinions(folder: str, stamp: str, key: str, _data: bytes, steps: str, seed: int) -> tuple:
    return label_safety.opinions_on_draws(load(shelf.model(folder)), _data, recipe.loads(steps), seed, DRAWS)


@st.cache_data(max_entries=64, show_spinner=False)
def _along(folder: str, stamp: str, key: str, _data: bytes, step: str) -> tuple:
    (one,) = recipe.loads(step)
    return label_safety.opinions_along(load(shelf.model(folder)), _data, one.transform.key, one.settings, POINTS)


@st.fragment(run_every=1.0)
def show() -> None:
    """A fragment of its own that looks once a second, so that sliders never wait for the model."""
    part = st.expander(
        "Does the label survive?", icon=":material/verified:", on_change="rerun", key="augment-label-check"
    )
    if not part.open:
        return
    with part, page.errors():
        model = shelf.active()
        if model is None:
            st.info(
                "A saved model can tell whether it still recognises the changed photo. There is none yet: train one.",
                icon=":material/model_training:",
            )
            return
        photo = session.AUGMENT_PHOTO.get() or pictures.example("dress", 3)
        steps, seed = current_recipe.steps(), session.AUGMENT_SEED.get(0)
        transform = TRANSFORMS[session.TRANSFORM.get(current_recipe.FIRST)]
        about = (str(model.folder), model.created, str(photo.number), photo.data)
        answer, views = _opinions(*about, recipe.dumps(steps), seed)
        lost = sum(not view.survives for view in views)
        verdict = (
            f"{lost} of {len(views)} draws of the recipe change its answer"
            if lost
            else f"all {len(views)} draws of the recipe keep its answer"
        )
        st.markdown(
            f"The model **{markdown.plain(model.name)}** takes the photo for **{markdown.plain(answer.label)}** "
            f"({words.percent(answer.probability)}); {verdict}. That is this model's opinion, not the truth."
        )
        with st.grid("auto", min_column_width=92, gap="small"):
            for view in views:
                text = f"{markdown.plain(view.label)} {words.percent(view.probability)}"
                st.image(
                    preview.encode(view.pixels),
                    width="stretch",
                    output_format="PNG",
                    alt=text,
                    caption=f"✓ {text}" if view.survives else f"**✗ {text}**",  # colour would be paler still
                )
        if transform.draws:
            st.markdown(f"Its confidence along **{transform.label.lower()}**, from one end of the range to the other")
            _, along = _along(*about, recipe.dumps((current_recipe.step_of(transform),)))
            figure = figures.confidence(
                [point.caption for point in along], [point.confidence for point in along], answer.label, page.theme()
            )
            st.plotly_chart(
                figure,
                key="augment-confidence",
                config={"displayModeBar": False},
                alt=f"Probability of {answer.label} along {transform.label}",
            )
