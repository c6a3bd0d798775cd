"""Clicks in quick succession on a slow machine: each one counts, and the page shows what the last one left."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(200)]

SCRIPT = """
import time

import streamlit as st
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.state.safe_session_state import SafeSessionState

from pages.frame import turns

if not hasattr(AppSession, "is_slow"):  # a machine on which a run begins late, and what it says arrives late
    AppSession.is_slow = True
    take_in = SafeSessionState.on_script_will_rerun

    def take_in_slowly(*arguments, **options):
        time.sleep(0.15)
        take_in(*arguments, **options)

    def call_later(session, callback):
        session._event_loop.call_soon_threadsafe(session._event_loop.call_later, 0.3, callback)

    SafeSessionState.on_script_will_rerun = take_in_slowly
    AppSession._call_soon_on_event_loop = call_later
assert turns.give()

state = st.session_state


def count(name):
    for _ in range(5):
        state[name] = state.get(name, 0) + 1
        time.sleep(0.02)


def part():
    st.button("Part", on_click=count, args=("part",))
    st.write(f"part: {state.get('part', 0)}.")


def other():
    st.button("Other", on_click=count, args=("other",))
    st.write(f"other: {state.get('other', 0)}.")
    time.sleep(0.2)
    if state.get("other", 0) % 2:
        st.write("other is odd")


st.button("First", on_click=count, args=("first",))
st.button("Second", on_click=count, args=("second",))
st.write(f"first: {state.get('first', 0)}.", f"second: {state.get('second', 0)}.")
st.fragment(part)()
st.fragment(other)()
time.sleep(0.2)
if state.get("first", 0) % 2:
    st.write("odd")
st.write("end")
"""
PAGES = """
import time

import streamlit as st

from pages.frame import turns

assert turns.give()


def count():
    st.session_state.parts = st.session_state.get("parts", 0) + 1


def part():
    st.button("Part", on_click=count)


def one():
    st.title("One")
    st.fragment(part)()


def two():
    st.title("Two")
    st.fragment(lambda: st.write("a fragment"))()
    time.sleep(1)
    st.write(f"parts: {st.session_state.get('parts', 0)}.")


st.navigation([st.Page(one), st.Page(two)]).run()
"""
DELAYS = (0, 150, 300, 450, 600, 750)  # ms from one click to the next


class SlowLine:
    """A connection of a page on which clicks in fragments can be held up, but not its ticks."""

    def __init__(self, page: Any) -> None:
        self.holds = False
        self._page = page
        self._held: list[bytes] = []
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def _connect(self, way: Any) -> None:
        self._server = way.connect_to_server()
        way.on_message(self._send)

    def _send(self, data: bytes) -> None:
        message = BackMsg.FromString(data)
        is_click = message.WhichOneof("type") == "rerun_script" and message.rerun_script.fragment_id
        if self.holds and is_click and not message.rerun_script.is_auto_rerun:
            self._held.append(data)
        else:
            self._server.send(data)

    def wait(self) -> None:
        """Wait until a click is held up."""
        for _ in range(200):
            if self._held:
                return
            self._page.wait_for_timeout(50)
        pytest.fail("No click in a fragment was sent.")

    def release(self) -> None:
        self.holds = False
        for data in self._held:
            self._server.send(data)
        self._held.clear()


@pytest.fixture
def tab(browser: Any, serve: Callable[[str], Server]) -> Iterator[Any]:
    page = browser.new_page()
    page.goto(serve(SCRIPT).url)
    yield page
    page.close()


def click(tab: Any, *names: str) -> None:
    for name in names:
        tab.get_by_role("button", name=name).click()


@pytest.mark.parametrize("names", [("First", "Second"), ("First", "Part", "Second")])
def test_each_click_counts(tab: Any, names: tuple[str, ...]) -> None:
    from playwright.sync_api import expect

    main = tab.get_by_test_id("stMain")
    expect(main).to_contain_text("end")
    for times, delay in enumerate(DELAYS, 1):
        for name in names:
            click(tab, name)
            tab.wait_for_timeout(delay)
        for name in set(names):
            expect(main).to_contain_text(f"{name.lower()}: {5 * times * names.count(name)}.")


@pytest.mark.parametrize(("name", "line"), [("First", "odd"), ("Other", "other is odd")])
def test_the_page_shows_what_the_last_run_left(tab: Any, name: str, line: str) -> None:
    """A run of the whole page, or of another fragment, removes a line just before a fragment is drawn anew."""
    from playwright.sync_api import expect

    main = tab.get_by_test_id("stMain")
    expect(main).to_contain_text("end")
    for times, delay in enumerate(DELAYS):
        click(tab, name)
        expect(main).to_contain_text(line)
        click(tab, name)
        tab.wait_for_timeout(delay)
        click(tab, "Part")
        expect(main).to_contain_text(f"part: {5 * (times + 1)}.")
        expect(main).to_contain_text(f"{name.lower()}: {10 * (times + 1)}.")
        expect(main).not_to_contain_text(line)


@pytest.mark.parametrize("seconds", [0, 2])
def test_a_late_click_does_not_bring_back_the_page_that_was_left(
    browser: Any, serve: Callable[[str], Server], seconds: int
) -> None:
    """It arrives while the next page is drawn, or afterwards, and counts."""
    from playwright.sync_api import expect

    tab = browser.new_page()
    line = SlowLine(tab)
    tab.goto(serve(PAGES).url)
    line.holds = True
    click(tab, "Part")
    line.wait()
    tab.get_by_role("link", name="two").click()
    expect(tab.get_by_role("heading", name="Two")).to_be_visible()
    tab.wait_for_timeout(1000 * seconds)
    line.release()
    tab.wait_for_timeout(2500)
    expect(tab.get_by_role("heading", name="Two")).to_be_visible()
    expect(tab.get_by_test_id("stMain")).to_contain_text("parts: 1.")
    assert tab.url.endswith("/two")
    tab.close()
