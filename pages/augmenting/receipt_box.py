"""The receipt of the current recipe, and who bears the same one."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.runs import receipts as stored
from pages.frame import markdown, receipts

SHOWN = 5  # names


def show() -> None:
    """Draw the receipt of the recipe and its seed, as a popover that says who trained on these pixels."""
    receipt = receipts.of_preview()
    if not receipt:
        return
    box = st.popover(
        f"Receipt {receipt}",
        icon=":material/receipt_long:",
        type="tertiary",
        width="stretch",
        on_change="rerun",
        key="augment-receipt",
    )
    if not box.open:
        return
    with box:
        st.code(receipt, language=None)
        st.markdown("Runs and saved models with the same receipt trained on the pixels that this preview shows.")
        st.caption(receipts.HELP)
        bearers = stored.bearers(receipt)
        if not bearers.runs and not bearers.models:
            st.markdown("No run has this receipt yet.")
        for names, kind in ((bearers.runs, "run"), (bearers.models, "saved model")):
            if names:
                st.markdown(f"Same receipt: {words.count(len(names), kind)} ({_listed(names)}).")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(markdown.plain(name) for name in names[:SHOWN]) + more
