"""The health of the installation and the workspace on Data."""

import streamlit as st

from core.health import contents, doctor
from core.health.findings import Finding, Level
from pages.frame import access, damaged, markdown, page, session

ICONS = {
    Level.GOOD: ":green[:material/check_circle:]",
    Level.NOTE: ":orange[:material/info:]",
    Level.PROBLEM: ":red[:material/error:]",
}


def show() -> None:
    """Draw what can't be used, and an examination on request."""
    st.subheader("Health", anchor=False)
    with st.container(), page.errors():  # always there, so that nothing below moves when the list disappears
        damaged.show(contents.damaged())
    with st.container(horizontal=True):
        st.button(
            "Examine everything",
            icon=":material/stethoscope:",
            key="health-examine",
            on_click=page.attempt,
            args=(_examine,),
            help="Checks Python, packages, GPU, weights, disk, and every run, model, dataset and recipe. The same as "
            "`python -m core doctor`.",
        )
        if not access.is_read_only() and any(finding.fix for finding in session.HEALTH.get() or ()):
            st.button(
                "Apply safe fixes",
                icon=":material/build:",
                key="health-fix",
                on_click=page.attempt,
                args=(_fix,),
            )
    for finding in session.HEALTH.get() or ():
        _line(finding)


def _line(finding: Finding) -> None:
    subject = markdown.plain(finding.subject[:1].upper() + finding.subject[1:])
    text = " ".join(filter(None, (finding.text, finding.remedy)))
    st.markdown(f"{ICONS[finding.level]} **{subject}**: {markdown.plain(text)}")


def _examine() -> None:
    session.HEALTH.set(doctor.examine())


def _fix() -> None:
    for finding, error in doctor.fix(session.HEALTH.get() or ()):
        if error:
            st.toast(markdown.plain(f"{finding.subject}: {error}"), icon=":material/error:", duration="long")
    _examine()
