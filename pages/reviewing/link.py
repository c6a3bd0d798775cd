"""The address of Data. It names the opened dataset, so that a reload, a link and the browser's Back work."""

import streamlit as st

from pages.frame import session

DATASET = "dataset"


def restore() -> None:
    """Open the dataset that the address names, or none, whenever somebody else than `remember` has changed it."""
    address = st.query_params.get(DATASET, "")
    if address != session.DATA_ADDRESS.get():
        session.OPEN_DATASET.set(address)
        session.DATA_ADDRESS.set(address)


def remember() -> None:
    """Write the opened dataset into the address."""
    name = session.OPEN_DATASET.get()
    session.DATA_ADDRESS.set(name)
    query = {DATASET: name} if name else {}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def follow(name: str) -> None:
    """Open a dataset, or with "" none. For callbacks: a click that was sent before the browser knew the latest address
    counts too."""
    session.DATA_ADDRESS.set(st.query_params.get(DATASET, ""))
    session.OPEN_DATASET.set(name)
