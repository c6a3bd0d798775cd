"""How good a lesson's model is: its score, what it mixes up, and what would help."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import words
from core.answering.shelf import Model
from core.drawing import teaching_figures
from core.teaching import quality
from core.teaching.draft import Mistake, Outcome
from core.teaching.lesson import Row
from pages.frame import markdown, page
from pages.teaching import pictures

MOST_MISTAKES = 12
THUMBNAIL = 96  # px


def show(name: str, photos: Mapping[str, Sequence[Row]], outcome: Outcome | None, model: Model | None) -> None:
    """Draw the score of the present model, or what is missing for one."""
    if model is None or outcome is None:
        st.caption("How good its answers are appears here.")
        return
    if outcome.notice:
        st.warning(markdown.plain(outcome.notice), icon=":material/info:")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(markdown.plain(quality.headline(model.card)), anchor=False, help=quality.EXPLANATION)
        if sentence := quality.single(model.card):
            st.warning(markdown.plain(sentence), icon=":material/photo_camera_back:")
        if weakest := quality.weakest(model.card):
            st.markdown(f"More photos of **{markdown.plain(weakest)}** would help most.")
        else:
            st.markdown("It has no mistakes left to learn from. Try it on new photos, in another light or place.")
        for mixup in quality.confused(model.card):
            st.markdown(
                f"- Takes **{markdown.plain(mixup.true)}** for **{markdown.plain(mixup.predicted)}**: "
                f"{mixup.wrong} of {words.count(mixup.count, 'photo')}"
            )
    with right:
        if len(outcome.curve) > 1:
            st.plotly_chart(
                teaching_figures.learning_curve(
                    [(point.photos, point.accuracy) for point in outcome.curve], page.theme()
                ),
                key=f"teach-curve-{name}",
                config={"displayModeBar": False},
                alt=quality.gain(outcome.curve),
            )
            st.caption(quality.gain(outcome.curve))
    _mistakes(name, photos, outcome.mistakes)


def _mistakes(name: str, photos: Mapping[str, Sequence[Row]], mistakes: Sequence[Mistake]) -> None:
    rows = {row.name: row for of_kind in photos.values() for row in of_kind}
    known = [(mistake, rows[mistake.photo]) for mistake in mistakes if mistake.photo in rows][:MOST_MISTAKES]
    if not known:
        return
    st.markdown("**What it got wrong**, surest first. Is each photo in the right kind?")
    by_photo = {mistake.photo: mistake for mistake, _ in known}
    shown = pictures.of(name, [row for _, row in known])
    st.image(
        [picture for _, picture in shown],
        caption=[markdown.plain(_caption(by_photo[row.name])) for row, _ in shown],
        width=THUMBNAIL,
        output_format="JPEG",
    )
    if len(mistakes) > len(known):
        st.caption(f"And {len(mistakes) - len(known):,} more.")


def _caption(mistake: Mistake) -> str:
    return f"{mistake.kind}, taken for {mistake.answer} ({words.percent(mistake.probability)})"
