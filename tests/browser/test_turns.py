"""Clicks in quick succession on a slow machine: each one counts, and the page shows what the last one left."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

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
DELAYS = (0, 150, 300, 450, 600, 750)  # ms from one click to the next


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


def test_the_page_shows_what_the_last_run_left(tab: Any) -> None:
    """A run of the whole page removes a line just before a fragment is drawn anew."""
    from playwright.sync_api import expect

    main = tab.get_by_test_id("stMain")
    expect(main).to_contain_text("end")
    for times, delay in enumerate(DELAYS):
        click(tab, "First")
        expect(main).to_contain_text("odd")
        click(tab, "First")
        tab.wait_for_timeout(delay)
        click(tab, "Part")
        expect(main).to_contain_text(f"part: {5 * (times + 1)}.")
        expect(main).to_contain_text(f"first: {10 * (times + 1)}.")
        expect(main).not_to_contain_text("odd")


def test_the_page_shows_what_the_last_run_of_a_fragment_left(tab: Any) -> None:
    """A fragment removes a line just before another one is drawn anew."""
    from playwright.sync_api import expect

    main = tab.get_by_test_id("stMain")
    expect(main).to_contain_text("end")
    for times, delay in enumerate(DELAYS):
        click(tab, "Other")
        expect(main).to_contain_text("other is odd")
        click(tab, "Other")
        tab.wait_for_timeout(delay)
        click(tab, "Part")
        expect(main).to_contain_text(f"part: {5 * (times + 1)}.")
        expect(main).to_contain_text(f"other: {10 * (times + 1)}.")
        expect(main).not_to_contain_text("other is odd")
