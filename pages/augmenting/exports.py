"""The export of the recipe: as code, JSON and a link."""

from urllib.parse import quote

import streamlit as st

from core.augment.code.targets import TARGETS, Target
from core.augment.recipe import Recipe
from pages.augmenting.pictures import SIZE

MOST_LINES = 60  # of code that is shown in full; longer code scrolls
TALLEST = 800  # pixels


def show(steps: Recipe, seed: int) -> None:
    """Draw the recipe as code, JSON and link."""
    box = st.expander("Export: code and link", icon=":material/ios_share:", on_change="rerun", key="augment-export")
    if not box.open:
        return
    with box:
        labels = [*(target.label for target in TARGETS.values()), "Link"]
        *tabs, link = st.tabs(labels, on_change="rerun", key="augment-export-tab")
        for tab, target in zip(tabs, TARGETS.values(), strict=True):
            if tab.open:  # only one is: a slider's move must not wait for code that nobody sees
                with tab:
                    _code(target, steps, seed)
        with link:
            address = (st.context.url or "").split("?")[0]
            query = "&".join(f"{name}={quote(value)}" for name, value in st.query_params.to_dict().items())
            st.code(f"{address}?{query}", language=None, wrap_lines=True)


def _code(target: Target, steps: Recipe, seed: int) -> None:
    """What the target is for, a button that downloads its code for the recipe, and the code."""
    text = target.source(steps, seed, SIZE)
    st.markdown(target.sentence)
    st.download_button(
        f"Download {target.file_name}",
        text,
        target.file_name,
        "text/plain",
        on_click="ignore",
        icon=":material/download:",
        key=f"augment-code-{target.key}",
    )
    is_long = text.count("\n") > MOST_LINES
    st.code(text, language=target.language, wrap_lines=True, height=TALLEST if is_long else "content")
