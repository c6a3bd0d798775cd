"""The address of Compare: what is listed, compared and looked at. A reload, a link or Back brings it back."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.comparing import scopes
from core.comparing.scopes import Scope
from core.runs.folder import Run
from core.words import quoted
from pages.comparing import scope
from pages.frame import markdown, session

CURVES, SETTINGS, PHOTOS, EVALUATION, REPORT, MODELS = SECTIONS = (
    "Curves", "Settings", "Photos", "Evaluation", "Report", "Models",
)  # fmt: skip
MOST_IN_ADDRESS = 60  # runs; browsers and servers accept addresses of that length
RUNS = "runs"  # the parameter with the ids of the compared runs
SECTION, FIND, FIRST, SECOND = "section", "find", "run", "with"  # the other parameters; SECOND may be empty


def restore(every: Mapping[str, Scope]) -> None:
    """Follow the address, if somebody else than `remember` has changed it. Without parameters nothing changes."""
    address = st.query_params.to_dict()
    if not address or address == session.COMPARE_ADDRESS.get():
        return
    kind = next((kind for kind in (scopes.STUDY, scopes.DATASET) if kind in address), "")
    key = f"{kind}:{address.get(kind, '')}"
    if key in every:
        session.COMPARE_SCOPE.set(key)
    elif kind:
        st.warning(
            markdown.plain(
                f"There are no runs {'of the study' if kind == scopes.STUDY else 'on the dataset'} "
                f"{quoted(address[kind])} to compare. They may have been deleted."
            ),
            icon=":material/warning:",
        )
    section = address.get(SECTION, CURVES)
    session.compare("section").set(section if section in SECTIONS else CURVES)
    session.compare("find").set(address.get(FIND, ""))
    for name, parameter in (("first", FIRST), ("second", SECOND)):
        session.compare(name).set(address.get(parameter, ""))
    scope.tick(filter(None, address.get(RUNS, "").split(",")))
    session.COMPARE_ADDRESS.set(address)  # last: a run that ends before has not followed it


def remember(chosen: Scope, ticked: Sequence[Run], photos: tuple[str, str]) -> None:
    """Write what is shown into the address, apart from what it shows anyway.

    `photos` are the runs whose photos are looked at: empty for the usual one, and for none to compare it with.
    """
    section, text = session.compare("section").get(CURVES), session.compare("find").get("")
    first, second = photos if section == PHOTOS else ("", "")
    address = {
        chosen.kind: chosen.name,
        RUNS: ",".join(run.id for run in ticked) if len(ticked) <= MOST_IN_ADDRESS else "",
        SECTION: section if section != CURVES else "",
        FIND: text,
        FIRST: first,
        SECOND: second,
    }
    address = {name: value for name, value in address.items() if value}
    session.COMPARE_ADDRESS.set(address)
    if st.query_params.to_dict() != address:
        st.query_params.from_dict(address)
