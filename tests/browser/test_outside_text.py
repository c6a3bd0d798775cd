"""Text from outside stays text in a real browser, and the browser asks no other server, whatever a page shows."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from benchmarks._browser import choose
from core.datasets import catalogue, drawn
from core.reviewing import check as checking
from tests import poison
from tests.browser.conftest import Server
from tests.browser.test_journey import visit
from tests.conftest import encoded
from tests.fabricated import flat
from tests.loopback import LoopbackServer, QuietRequest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CHROMIUM_S_OWN = {"content-autofill.googleapis.com:443"}  # it asks about forms by itself, on every web page
LONG = 120_000  # ms; a busy machine needs up to a minute
SETTLED = 30_000  # ms
LOOK = 100  # ms between two looks at the page; a look at each of its frames would draw sixty a second
TITLES = {
    "home": "Fitting Room", "teach": "Teach", "augment": "Augment", "train": "Train", "compare": "Compare",
    "predict": "Predict", "data": "Data",
}  # fmt: skip
LIVE = """() => [...document.querySelectorAll(
    "a, img, image, source, iframe, object, embed, script, [onerror], .katex, strong, del, code, [role=img]," +
    ".stMarkdownColoredText")].filter((element) => {
    const links = ["href", "src", "srcset", "xlink:href", "action"].map((name) => element.getAttribute(name) || "");
    const text = element.textContent.replaceAll("\\u2060", "");
    return links.some((link) => link.includes("HOST")) || element.hasAttribute("onerror")
        || element.matches(".katex, [aria-label='delete icon']:not(button *):not(summary *), [alt='Streamlit logo']")
        || (element.matches("strong") && text === "b") || (element.matches("del") && text === "s")
        || (element.matches("code") && text === "c") || (element.matches(".stMarkdownColoredText") && text === "x");
}).map((element) => element.outerHTML.slice(0, 300))""".replace("HOST", poison.HOST)
TEXT = "() => document.body.textContent.replaceAll('\\u2060', '')"


class Proxy(QuietRequest):
    """Notes every request for another server than the app's, and answers none."""

    requests: list[str]

    def respond(self) -> None:
        self.requests.append(self.path)
        self.send_error(502)

    do_CONNECT = do_POST = do_HEAD = do_OPTIONS = respond  # noqa: N815


@pytest.fixture
def tab(browser: Any, server: Server) -> Iterator[Any]:
    """A page whose requests all end at the app or at a proxy that notes them. Its end asserts that there were none."""
    proxy = type("OwnProxy", (Proxy,), {"requests": []})
    with (running := LoopbackServer(proxy)).running():
        settings = {"server": running.url(), "bypass": "127.0.0.1"}
        context = browser.new_context(viewport={"width": 1280, "height": 1000}, proxy=settings)
        urls: list[str] = []
        context.on("request", lambda request: urls.append(request.url))
        page = context.new_page()
        page.set_default_timeout(SETTLED)
        page.on("websocket", lambda socket: urls.append(socket.url))
        yield page
        context.close()
    hosts = {urlsplit(url).netloc for url in urls if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {urlsplit(server.url).netloc}
    assert set(proxy.requests) <= CHROMIUM_S_OWN


def arrive(page: Any, server: Server, name: str, query: dict[str, str] | None = None) -> None:
    """Open a page by its address, and wait until Streamlit has drawn it."""
    from playwright.sync_api import expect

    path = "" if name == "home" else name
    page.goto(f"{server.url}/{path}?{urlencode(query or {})}")
    expect(page.get_by_role("heading", name=TITLES[name], level=1)).to_be_visible(timeout=LONG)
    settle(page)


def settle(page: Any) -> None:
    """Wait until no script runs, and nothing is left that the last one did not draw."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'"
        " && !document.querySelector('[data-stale=true]')",
        timeout=LONG,
        polling=LOOK,
    )


def open_all(page: Any) -> None:
    """Open every expander and tab, and check the page; then open every popover one after the other."""
    # at once, by the page itself: a fragment may draw some of them anew meanwhile
    page.evaluate(
        "document.querySelectorAll('[data-testid=stExpander] details:not([open]) > summary').forEach(b => b.click())"
    )
    settle(page)
    for tab in page.get_by_test_id("stMain").get_by_role("tab").all():
        tab.click()
        settle(page)
        check(page)
    popovers, place = page.get_by_test_id("stPopover").locator("button:enabled"), 0
    while place < popovers.count():  # a fragment may take one away or add one meanwhile
        popovers.nth(place).click()
        page.get_by_test_id("stPopoverBody").first.wait_for()
        settle(page)
        check(page)
        close_popover(page)
        place += 1


def close_popover(page: Any) -> None:
    """Press Escape as a person does: once more if the first only closed a tooltip that had just opened."""
    from playwright.sync_api import TimeoutError as TooLate

    body = page.get_by_test_id("stPopoverBody").first
    for _ in range(4):
        page.keyboard.press("Escape")
        with suppress(TooLate):
            return body.wait_for(state="hidden", timeout=SETTLED / 4)
    pytest.fail("Escape doesn't close the popover.")


def point_at(page: Any, figure: Any) -> None:
    """Move the mouse along the first of three bars, or along a curve, until the figure shows a value."""
    from playwright.sync_api import TimeoutError as TooLate

    for place in range(1, 20):  # a figure that is drawn again forgets the mouse
        figure.locator(".nsewdrag").first.wait_for()
        figure.evaluate("figure => figure.scrollIntoView({ block: 'center' })")
        box = figure.locator(".nsewdrag").first.bounding_box()
        if box is None:  # just drawn again
            continue
        page.mouse.move(box["x"] + box["width"] * 0.05 * place, box["y"] + box["height"] / 6)
        with suppress(TooLate):
            figure.locator(".hoverlayer text").first.wait_for(timeout=1000)
            return
    pytest.fail("The figure shows no value under the mouse.")


def check(page: Any, *shown: str) -> None:
    """Assert that nothing in the page is live, and that it shows these texts as they are."""
    from playwright.sync_api import expect

    for text in shown:
        page.wait_for_function(f"(text) => ({TEXT})().includes(text)", arg=text, polling=LOOK)
    assert page.evaluate(LIVE) == []
    assert "😄" not in page.evaluate(TEXT)  # :smile:
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.fixture
def runs(tab: Any, tmp_path: Path) -> dict[str, str]:
    """The ids of the runs in a workspace with such texts everywhere."""
    (tmp_path / "photos").mkdir()
    return poison.fabricate(tmp_path / "photos")


def photo(name: str, *colour: int) -> dict[str, Any]:
    """A file for an uploader."""
    return {"name": f"{name}.png", "mimeType": "image/png", "buffer": encoded(flat(*colour), "PNG")}


def test_home_and_compare(tab: Any, server: Server, runs: dict[str, str]) -> None:
    arrive(tab, server, "home")
    check(tab, poison.PIECES[0], poison.NAME)
    arrive(tab, server, "compare")
    choose(tab, "Runs", f"All runs on {poison.DATASET}", exact=False)
    check(tab, poison.PIECES[0][:15])
    point_at(tab, tab.locator(".js-plotly-plot").first)
    check(tab)


def test_train(tab: Any, server: Server, runs: dict[str, str]) -> None:
    arrive(tab, server, "train")
    of_study = "Run of the study"
    for box, option, text in (
        ("Run, study or search", runs["elsewhere"][-4:], f"on {poison.PIECES[0]}"),
        ("Run, study or search", runs["stopped"][-4:], poison.POISON),  # the first of its study
        (of_study, runs["stopped"][-4:], poison.POISON),
        (of_study, poison.PIECES[1][:20], poison.POISON),
        (of_study, poison.PIECES[2][:20], f"saved as {poison.MODEL}"),
    ):
        choose(tab, box, option, exact=False)
        check(tab, text)
        open_all(tab)
    tab.get_by_role("button", name="Use it for Predict").hover()
    tab.get_by_test_id("stTooltipContent").wait_for()
    check(tab, "It is right on")
    tab.get_by_role("button", name="Use these settings").click()
    check(tab, f"The settings of {poison.PIECES[2]} are now in the form.")


def test_a_running_run(tab: Any, server: Server, runs: dict[str, str]) -> None:
    with poison.start(runs["running"]):
        arrive(tab, server, "train")
        check(tab, poison.POISON)
        open_all(tab)


def test_data(tab: Any, server: Server, runs: dict[str, str]) -> None:
    arrive(tab, server, "data")
    check(tab, poison.NAME, f"{poison.NAME[-40:]}.txt")
    open_all(tab)
    tab.get_by_role("tab", name="A folder").click()
    tab.get_by_role("textbox", name="Folder on this machine").fill(f"/{poison.POISON}")
    tab.keyboard.press("Tab")
    tab.get_by_role("button", name="Add folder").click()
    check(tab, "There is no folder")


def test_inside_a_dataset(tab: Any, server: Server, runs: dict[str, str]) -> None:
    from playwright.sync_api import expect

    checking.check(poison.DATASET)
    arrive(tab, server, "data")
    tab.get_by_role("button", name="Open", exact=True).first.click()
    for section in ("Overview", "Photos", "Findings", "Map", "Manage"):
        tab.get_by_role("radio", name=section).click()
        expect(tab.get_by_role("radio", name=section)).to_be_checked(timeout=LONG)
        settle(tab)
        check(tab)
        open_all(tab)


def test_predict(tab: Any, server: Server, runs: dict[str, str]) -> None:
    from playwright.sync_api import expect

    arrive(tab, server, "predict")
    files = [
        photo(f"red {poison.NAME}", 255, 0, 0),
        photo(f"orange {poison.NAME}", 255, 235, 140),
        photo(f"black {poison.NAME}", 0, 0, 0),
        {**photo(poison.POISON, 0, 0, 0), "buffer": b"no photo"},
    ]
    tab.locator("input[type=file]").first.set_input_files(files)
    expect(tab.get_by_test_id("stMain")).to_contain_text("4 photos: 1 confident, 1 unsure", timeout=LONG)
    check(tab, poison.PIECES[0], f"Closest: a {poison.PIECES[0]}", files[0]["name"], poison.PIECES[2])
    open_all(tab)
    tab.locator("label").filter(has_text="Exact figures").click()
    expect(tab.get_by_test_id("stPlotlyChart").first).to_be_visible()
    check(tab)
    for number in range(3):
        tab.locator("[class*=st-key-open-] button").locator("visible=true").nth(number).click()
        dialog = tab.get_by_role("dialog")
        expect(dialog.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=LONG)
        if not number:
            dialog.get_by_role("button", name="Show where it looked").click()
            check(tab, "Evidence for")
        point_at(tab, dialog.locator(".js-plotly-plot").first)
        check(tab, poison.PIECES[0])
        tab.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


def test_augment(tab: Any, server: Server, runs: dict[str, str]) -> None:
    arrive(tab, server, "augment", {"photo": f"{poison.DATASET}/{poison.NAME}/1", "view": "The recipe"})
    open_all(tab)
    check(tab, f"The photo shows {poison.NAME}", f"Probability of {poison.NAME}")
    tab.get_by_role("radio", name="Upload").click()
    tab.locator("input[type=file]").first.set_input_files(photo(poison.POISON, 1, 2, 3))
    check(tab, poison.PIECES[2])
    visit(tab, "Data")
    visit(tab, "Augment")
    check(tab, f"Current photo: {poison.PIECES[0][:10]}")


def test_addresses(tab: Any, server: Server, runs: dict[str, str]) -> None:
    addresses: list[tuple[str, dict[str, str]]] = []
    for name, query in poison.addresses():  # tests/pages opens each on its own, here they share an address if they can
        for page, values in addresses:
            if page == name and not values.keys() & query.keys():
                values.update(query)
                break
        else:
            addresses.append((name, dict(query)))
    for name, query in addresses:
        arrive(tab, server, name, query)
        check(tab)
    arrive(tab, server, "augment", {"photo": poison.POISON})
    check(tab, f"The photo in the link is not on this machine: '{poison.POISON[:20]}")
    for path in (poison.NAME, poison.POISON):
        tab.goto(f"{server.url}/{quote(path, safe='')}")
        settle(tab)
        check(tab)


def test_what_could_only_be_written_by_hand(tab: Any, server: Server, runs: dict[str, str], tmp_path: Path) -> None:
    poison.damage(tmp_path / "photos")
    for name in TITLES:
        arrive(tab, server, name)
        check(tab)
        open_all(tab)
    tab.get_by_role("button", name="Examine everything").click()
    check(tab, f"damaged {poison.NAME[:20]}", poison.NAME)


def test_no_page_asks_another_server(tab: Any, server: Server, tmp_path: Path) -> None:
    """The first request to a server is for a page, which Streamlit then runs without app.py around it."""
    from playwright.sync_api import expect

    for name in ("augment", *TITLES):
        arrive(tab, server, name)
        icon = tab.locator("link[rel='shortcut icon']").get_attribute("href")
        assert icon.startswith((f"{server.url}/media/", "/media/")), icon
        open_all(tab)
    arrive(tab, server, "predict")
    tab.get_by_role("button", name="Try six drawn garments").or_(tab.locator("input[type=file]").first).first.wait_for(
        state="attached"
    )
    tab.locator("input[type=file]").first.set_input_files(
        {"name": "shirt.png", "mimeType": "image/png", "buffer": encoded(drawn.garment("shirt", 3, 200), "PNG")}
    )
    expect(tab.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=LONG)
    tab.get_by_role("button", name="Show where it looked").click()
    expect(tab.get_by_test_id("stMain")).to_contain_text("Bright parts support", timeout=LONG)
    assert catalogue.DRAWN in catalogue.names()
