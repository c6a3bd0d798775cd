"""The camera under a page that is drawn again and again: no photo is lost or taken twice, and frames arrive."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import CHROMIUM, FLAGS, Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LONG = 120_000  # ms
SCRIPT = """
import json, time
from pathlib import Path
import streamlit as st
from pages.photos import camera

LOG = Path({log!r})
if "frames" not in st.session_state:
    st.session_state.frames = set()


@st.fragment
def show():
    for shot in camera.take("cam"):
        with LOG.open("a") as file:
            for photo in shot.photos:
                file.write(json.dumps([shot.session, shot.target, len(photo), photo[:3].hex(), hash(photo)]) + "\\n")
    frame = camera.frame("cam")
    if frame:
        st.session_state.frames.add(hash(frame))
    kind = st.radio("Kind", ["hat", "bag"], key="kind")
    camera.show("cam", label=f"Photos of a {{kind}}", live=True, target=kind)
    time.sleep(0.3)
    st.write("Sees something" if frame else "Sees nothing", f"frames: {{min(len(st.session_state.frames), 3)}}")


show()
st.button("Again")
time.sleep(0.3)
st.write("end")
"""

SLOW_CAMERA = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (asked) => open({ ...asked, video: { ...asked.video, frameRate: 3 } });
"""  # fewer frames a second than a burst takes photos, as on a busy machine


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


@pytest.fixture
def tab(browser: Any, serve: Callable[[str], Server], log: Path) -> Iterator[Any]:
    """A page with a live camera in a fragment."""
    running = serve(SCRIPT.format(log=str(log)))
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    own = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *flags])
    page = own.new_context(permissions=["camera"]).new_page()
    page.add_init_script(SLOW_CAMERA)
    page.goto(running.url)
    yield page
    own.close()


def read(log: Path) -> list[list[Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_nothing_is_lost_while_the_page_is_drawn_again_and_again(tab: Any, log: Path) -> None:
    from playwright.sync_api import expect

    tab.get_by_role("button", name="Turn on the camera").click(timeout=LONG)
    expect(tab.get_by_text("Sees something frames: 3")).to_be_visible(timeout=LONG)
    burst, count = tab.get_by_role("button", name="Burst", exact=True), tab.locator(".count")
    total = 0
    for kind in ("hat", "bag"):
        tab.get_by_role("radio", name=kind).check(force=True)
        expect(tab.get_by_text(f"Photos of a {kind}")).to_be_visible(timeout=LONG)
        burst.dispatch_event("click")
        for _ in range(12):  # each cuts short what is being drawn
            tab.get_by_role("button", name="Again").click()
        expect(burst).to_be_visible(timeout=LONG)
        total += 20
        expect(count).to_have_text(f"{total} photos taken", timeout=LONG)
    photos = read(log)
    assert len(photos) == total
    assert len({tuple(photo) for photo in photos}) == total
    assert {start for *_, start, _ in photos} == {"ffd8ff"}
    assert len({session for session, *_ in photos}) == 2
    assert [kind for _, kind, *_ in photos] == 20 * ["hat"] + 20 * ["bag"]
    tab.get_by_role("button", name="Turn off").click()
    expect(tab.get_by_text("Sees nothing")).to_be_visible(timeout=LONG)


def test_what_was_taken_is_not_sent_with_every_click(tab: Any, log: Path) -> None:
    from playwright.sync_api import expect

    tab.get_by_role("button", name="Turn on the camera").click(timeout=LONG)
    tab.get_by_role("button", name="Take a photo").click(timeout=LONG)
    expect(tab.locator(".count")).to_have_text("1 photo taken", timeout=LONG)
    tab.get_by_role("button", name="Turn off").click()
    expect(tab.get_by_text("Sees nothing")).to_be_visible(timeout=LONG)
    tab.evaluate("""() => {
        window.sizes = [];
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
          sizes.push(data.byteLength ?? data.length);
          return send.call(this, data);
        };
    }""")
    tab.get_by_role("button", name="Again").click()
    tab.wait_for_function("sizes.length > 0", timeout=LONG)
    assert read(log)[0][2] > 2 * max(tab.evaluate("sizes"))
