"""Does the label survive? Shows a saved model's answer to each draw, and along the transform's range."""

import streamlit as st

from core import words
from core.answering import label_safety, shelf
from core.answering.classifier import Answer, load
from core.answering.label_safety import Opinion
from core.augment import preview, recipe
from core.augment.catalogue import TRANSFORMS
from core.drawing import figures
from pages.augmenting.pictures import DRAWS
from pages.frame import current_recipe, markdown, page, session
from pages.photos import pictures

POINTS = 13  # on the confidence curve


@st.cache_data(max_entries=64, show_spinner=False)
def _opinions(folder: str, stamp: str, key: str, _data: bytes, steps: str, seed: int) -> tuple[Answer, list[Opinion]]:
    return label_safety.opinions_on_draws(load(shelf.model(folder)), _data, recipe.loads(steps), seed, DRAWS)


@st.cache_data(max_entries=64, show_spinner=False)
def _along(folder: str, stamp: str, key: str, _data: bytes, step_text: str) -> tuple[Answer, list[Opinion]]:
    (step,) = recipe.loads(step_text)
    return label_safety.opinions_along(load(shelf.model(folder)), _data, step.transform.key, step.settings, POINTS)


@st.fragment(run_every=1.0)
def show() -> None:
    """Draw the answers. A fragment that runs every second, so that sliders never wait for the model."""
    box = st.expander(
        "Does the label survive?", icon=":material/verified:", on_change="rerun", key="augment-label-check"
    )
    if not box.open:
        return
    with box, page.errors():
        model = shelf.active()
        if model is None:
            st.info(
                "A saved model can say whether it still recognises the changed photo. Train a model first.",
                icon=":material/model_training:",
            )
            return
        photo = session.AUGMENT_PHOTO.get() or pictures.example("dress", 3)
        steps, seed = current_recipe.steps(), session.AUGMENT_SEED.get(0)
        transform = TRANSFORMS[session.TRANSFORM.get(current_recipe.FIRST)]
        key = (str(model.folder), model.created, str(photo.number), photo.data)
        answer, views = _opinions(*key, recipe.dumps(steps), seed)
        changed = sum(not view.survives for view in views)
        verdict = (
            f"{changed} of {len(views)} draws of the recipe change its answer"
            if changed
            else f"all {len(views)} draws of the recipe keep its answer"
        )
        st.markdown(
            f"The model **{markdown.plain(model.name)}** thinks the photo shows **{markdown.plain(answer.label)}** "
            f"({words.percent(answer.probability)}); {verdict}. This is the model's opinion, not the truth."
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
            _, along = _along(*key, recipe.dumps((current_recipe.step_of(transform),)))
            figure = figures.confidence(
                [point.caption for point in along], [point.confidence for point in along], answer.label, page.theme()
            )
            st.plotly_chart(
                figure,
                key="augment-confidence",
                config={"displayModeBar": False},
                alt=f"Probability of {answer.label} along {transform.label}",
            )
