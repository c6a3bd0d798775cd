"""Photos class by class on a phone: dropped, and taken with the camera one after another."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.datasets import catalogue, growing, sessions, splitting
from tests.browser.conftest import CHROMIUM, FLAGS, Server
from tests.conftest import drawing, encoded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LONG = 120_000  # ms; a busy machine needs up to a minute
PHONE = {"width": 390, "height": 844}


CAMERA = "--use-fake-device-for-media-stream"  # Chromium draws what it sees
ALLOWED = "--use-fake-ui-for-media-stream"
REFUSED = "--deny-permission-prompts"
# The headless shell can't ask a person, so its page answers as that of a browser whose person has refused.
REFUSES = """() => {
    const refusal = new DOMException("Permission denied", "NotAllowedError");
    navigator.mediaDevices.getUserMedia = () => Promise.reject(refusal);
}"""
INSECURE = "Object.defineProperty(window, 'isSecureContext', { value: false })"


@contextmanager
def chromium(browser: Any, server: Server, *flags: str, **context: Any) -> Iterator[Any]:
    """Data at a phone's width, in a browser of its own."""
    own = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *flags])
    page = own.new_context(viewport=PHONE, **context).new_page()
    page.goto(f"{server.url}/data")
    page.get_by_role("tab", name="Photos by class").click(timeout=LONG)
    yield page
    own.close()


@pytest.fixture
def phone(browser: Any, server: Server) -> Iterator[Any]:
    with chromium(browser, server, CAMERA, ALLOWED, permissions=["camera"]) as page:
        yield page


def drop(page: Any, label: str, photos: Path) -> None:
    """Type a class and drop ten photos of it."""
    from playwright.sync_api import expect

    page.get_by_role("textbox", name="Class").fill(label)
    page.get_by_role("textbox", name="Class").press("Enter")
    uploader = page.locator("[data-testid=stFileUploader]").filter(has_text=f"Photos of {label}")
    expect(uploader.locator("input[type=file]")).to_be_enabled(timeout=LONG)
    uploader.locator("input[type=file]").set_input_files(sorted(photos.glob(f"{label}*.png")))
    expect(page.get_by_text(f"added to the class {label}.")).to_be_visible(timeout=LONG)


def name_dataset(page: Any, title: str) -> None:
    page.get_by_role("textbox", name="Name of the dataset").fill(title)
    page.get_by_role("textbox", name="Name of the dataset").press("Enter")


def turn_on(page: Any) -> None:
    from playwright.sync_api import expect

    page.get_by_role("radio", name="Camera").click()
    button = page.get_by_role("button", name="Turn on the camera")
    expect(button).to_be_enabled(timeout=LONG)
    button.click()


def running(least: int) -> re.Pattern[str]:
    """What the counter says during a burst that has so many photos at least."""
    return re.compile(f"Burst: ({'|'.join(map(str, range(least, 20)))}) of 20")


def drawn_classes(folder: Path) -> None:
    for label in ("disc", "frame"):
        for number in range(10):
            (folder / f"{label} {chr(97 + number)}.png").write_bytes(encoded(drawing(label, 700 + number), "PNG"))


def test_a_dataset_grows_on_a_phone(phone: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    drawn_classes(tmp_path)
    name_dataset(phone, "My Toys")
    drop(phone, "disc", tmp_path)
    drop(phone, "frame", tmp_path)
    expect(phone.get_by_text("20 photos in 2 classes, split")).to_be_visible(timeout=LONG)
    turn_on(phone)
    for shots in (1, 2):
        phone.get_by_role("button", name="Take a photo").click(timeout=LONG)
        expect(phone.get_by_role("button", name=re.compile(rf"^frame \({10 + shots}\)"))).to_be_visible(timeout=LONG)
    assert growing.counts("my-toys") == {"disc": 10, "frame": 12}
    photos = catalogue.contents_of("my-toys")
    names = " ".join(photos.names(photos.photos[""]["frame"]))
    assert len(re.findall(r"frame/camera-\d{8}-\d{6}-000[12]\.\w+", names)) == 2
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]  # nothing sticks out


def test_a_burst_is_one_session_in_one_split(phone: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    drawn_classes(tmp_path)
    name_dataset(phone, "My Toys")
    drop(phone, "disc", tmp_path)
    drop(phone, "frame", tmp_path)
    turn_on(phone)
    burst, count = phone.get_by_role("button", name="Burst", exact=True), phone.locator(".count")
    taken = 0
    for least in (20, 3):
        before = taken
        expect(burst).to_be_enabled(timeout=LONG)
        if least == 20:  # one press, as a screen reader does it, and it ends by itself
            burst.dispatch_event("click")
        else:
            burst.focus()
            phone.keyboard.down("Enter")
            expect(count).to_contain_text(running(least), timeout=LONG)
            phone.keyboard.up("Enter")
        expect(burst).to_be_visible(timeout=LONG)
        expect(count).to_have_text(re.compile(r"^\d+ photos taken$"), timeout=LONG)  # all have arrived
        taken = int(count.inner_text().split()[0])
        assert taken - before >= least
        expect(phone.get_by_role("button", name=re.compile(rf"^frame \({10 + taken}\)"))).to_be_visible(timeout=LONG)
    photos = catalogue.contents_of("my-toys")
    names = photos.names(photos.photos[""]["frame"])
    bursts = Counter(filter(None, map(sessions.burst, names)))
    assert min(bursts.values()) >= 3
    assert len(bursts) == 2
    assert bursts.total() == taken  # none was lost, and none added twice
    stored = splitting.read(catalogue.own_folder("my-toys"))
    assert stored
    splits = {(sessions.burst(name), stored.splits[name]) for name in names if sessions.burst(name)}
    assert len(splits) == 2  # one split for each burst


def test_a_burst_lasts_as_long_as_its_button_is_held(phone: Any) -> None:
    from playwright.sync_api import expect

    name_dataset(phone, "My Toys")
    phone.get_by_role("textbox", name="Class").fill("disc")
    phone.get_by_role("textbox", name="Class").press("Enter")
    turn_on(phone)
    burst, count = phone.get_by_role("button", name="Burst", exact=True), phone.locator(".count")
    expect(phone.get_by_role("button", name="Take a photo")).to_be_focused(timeout=LONG)
    burst.press("Enter")
    expect(count).to_contain_text(running(2), timeout=LONG)
    phone.get_by_role("button", name="Stop burst").press(" ")
    expect(burst).to_be_visible(timeout=LONG)
    burst.focus()
    phone.keyboard.down(" ")
    expect(count).to_contain_text(running(3), timeout=LONG)
    phone.keyboard.up(" ")
    expect(burst).to_be_visible(timeout=LONG)
    burst.hover()
    phone.mouse.down()
    expect(count).to_contain_text(running(3), timeout=LONG)
    phone.mouse.up()
    expect(burst).to_be_visible(timeout=LONG)
    burst.click()  # ends by itself
    expect(burst).to_be_visible(timeout=LONG)
    expect(count).to_have_text(re.compile(r"^\d+ photos taken$"), timeout=LONG)
    taken = int(count.inner_text().split()[0])
    expect(phone.get_by_role("button", name=re.compile(rf"^disc \({taken}\)"))).to_be_visible(timeout=LONG)
    photos = catalogue.contents_of("my-toys")
    assert len(photos.rows()) == taken
    bursts = Counter(sessions.burst(name) for name in photos.names([path for _, _, path in photos.rows()]))
    assert len(bursts) == 4
    assert max(bursts.values()) == 20
    phone.get_by_role("button", name="Turn off").click()
    expect(phone.get_by_role("button", name="Turn on the camera")).to_be_focused()


def test_a_camera_that_can_not_be_used_is_a_sentence(browser: Any, server: Server) -> None:
    from playwright.sync_api import expect

    is_shell = CHROMIUM.name == "chromium-headless-shell"
    refusals = (
        ((CAMERA, REFUSED), REFUSES if is_shell else "", "The browser has no permission to use the camera. Allow it"),
        ((ALLOWED,), "", "No camera was found. Connect one"),
        ((CAMERA, ALLOWED), INSECURE, "over https, and this page is at http://"),
    )
    for flags, script, sentence in refusals:
        with chromium(browser, server, *flags) as page:
            if script:
                page.evaluate(script)
            name_dataset(page, "My Toys")
            page.get_by_role("textbox", name="Class").fill("disc")
            page.get_by_role("textbox", name="Class").press("Enter")
            turn_on(page)
            alert = page.get_by_role("alert").filter(has_text=sentence)
            expect(alert).to_be_visible(timeout=LONG)
            expect(alert).to_contain_text("or add photo files instead.")
            expect(page.get_by_role("button", name="Turn on the camera")).to_be_enabled()
            expect(page.get_by_role("button", name="Take a photo")).to_be_hidden()


def test_the_camera_is_off_once_the_page_is_left(phone: Any) -> None:
    from playwright.sync_api import expect

    phone.evaluate("""() => {
        const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        window.opened = [];
        navigator.mediaDevices.getUserMedia = async (wish) => {
          const media = await open(wish);
          window.opened.push(...media.getTracks());
          return media;
        };
    }""")
    name_dataset(phone, "My Toys")
    phone.get_by_role("textbox", name="Class").fill("disc")
    phone.get_by_role("textbox", name="Class").press("Enter")
    assert phone.evaluate("opened.length") == 0
    turn_on(phone)
    expect(phone.get_by_role("button", name="Take a photo")).to_be_enabled(timeout=LONG)
    assert phone.evaluate("opened.map((track) => track.readyState)") == ["live"]
    phone.get_by_role("radio", name="Photos").click()
    phone.wait_for_function("opened.every((track) => track.readyState === 'ended')", timeout=LONG)
