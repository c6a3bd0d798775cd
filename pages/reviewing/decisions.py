"""The decisions about a dataset's photos on Data, the latest first, each with a way to undo it."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.datasets import review
from core.datasets.folders import SPLIT_WORDS
from core.datasets.review import Decision
from pages.frame import access, markdown, page

MOST = 20  # steps


def show(name: str) -> None:
    """Draw the latest steps of a dataset's review."""
    standing = review.of(name).standing
    if not standing:
        return
    steps = list(dict.fromkeys(decision.step for decision in reversed(standing)))
    photos = len({decision.photo for decision in standing})
    with st.expander(f"Decisions ({words.count(photos, 'photo')})", icon=":material/history:"):
        for step in steps[:MOST]:
            _step(name, step, [decision for decision in standing if decision.step == step])
        if len(steps) > MOST:
            st.caption(f"… and {words.count(len(steps) - MOST, 'earlier step')}.")


def _step(name: str, step: int, of_step: Sequence[Decision]) -> None:
    date = of_step[0].date[:16].replace("T", " ")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(markdown.plain(f"{date} · {_sentence(of_step)}"), width="stretch")
        st.button(
            "Undo",
            key=f"undo-{name}-{step}",
            type="tertiary",
            disabled=access.is_read_only(),
            on_click=page.attempt,
            args=(review.undo, name, step),
        )


def _sentence(of_step: Sequence[Decision]) -> str:
    first = of_step[0]
    what = {
        "keep": "kept",
        "leave out": "left out",
        "class": f"moved to the class {first.to}",
        "split": f"put into {SPLIT_WORDS.get(first.to, first.to)}",
    }[first.action]
    return f"{first.photo if len(of_step) == 1 else words.count(len(of_step), 'photo')} {what}"
