"""What a page has opened, in its address, so that a reload, a link and the browser's Back work."""

from dataclasses import dataclass

import streamlit as st

from pages.frame import session
from pages.frame.values import Key


@dataclass(frozen=True)
class Address:
    """The part of a page's address that names what is open."""

    parameter: str
    name: Key[str]  # of what is open; empty: nothing
    last: Key[str]  # the same in the address when it was last drawn

    def restore(self) -> None:
        """Open what the address names, or nothing, whenever somebody else than `remember` has changed it."""
        address = st.query_params.get(self.parameter, "")
        if address != self.last.get():
            self.name.set(address)
            self.last.set(address)

    def remember(self) -> None:
        """Write what is open into the address."""
        name = self.name.get()
        self.last.set(name)
        query = {self.parameter: name} if name else {}
        if st.query_params.to_dict() != query:
            st.query_params.from_dict(query)

    def follow(self, name: str) -> None:
        """Open something, or with "" nothing. For callbacks: a click that was sent before the browser knew the latest
        address counts too."""
        self.last.set(st.query_params.get(self.parameter, ""))
        self.name.set(name)

    def back_button(self, label: str, key: str) -> None:
        """Draw the button that leads out of what is open."""
        st.button(label, icon=":material/arrow_back:", key=key, type="tertiary", on_click=self.follow, args=("",))


DATASET = Address("dataset", session.OPEN_DATASET, session.DATA_ADDRESS)
LESSON = Address("lesson", session.OPEN_LESSON, session.TEACH_ADDRESS)
PROJECTOR = Address("show", session.PRESENTED, session.PRESENTED_ADDRESS)
