"""The conclusion from a study or from chosen runs, on Train and on Compare."""

from collections.abc import Sequence

import streamlit as st

from core.comparing import conclusion
from core.runs.folder import Run
from pages.frame import markdown

MOST = 4  # sentences of a kind that are shown at once
LUCK = (
    "Luck means here: which photos happen to be in the dataset. Training has a luck of its own, the seed; repeat close "
    "runs with other seeds to see it. The chances are corrected for the number of comparisons (McNemar's exact test, "
    "Holm's correction)."
)


def show(runs: Sequence[Run]) -> None:
    """Draw what these runs have shown. Draws nothing for less than two runs with an epoch."""
    found = conclusion.of(runs)
    if not found:
        return
    with st.container(border=True, key="conclusion"):
        st.subheader("Conclusion", anchor=False)
        st.markdown(f"**{markdown.plain(found.headline)}**")
        for name, sentences in found.lists().items():
            _list(conclusion.LISTS[name], sentences, LUCK if name == "luck" else "")


def _list(title: str, sentences: Sequence[str], note: str = "") -> None:
    if not sentences:
        return
    st.markdown(f"**{title}**", help=note or None)
    st.markdown(_bullets(sentences[:MOST]))
    if more := sentences[MOST:]:
        with st.expander(f"{len(more)} more"):
            st.markdown(_bullets(more))


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {markdown.plain(sentence)}" for sentence in sentences)
