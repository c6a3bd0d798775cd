"""The page for the browser in a real Chromium, opened from the disk: it answers as the app does, and sends nothing."""

import base64
import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import photos, workspace
from core.answering import shelf
from core.answering.classifier import Classifier
from core.exporting import web
from tests import onnx_files
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.conftest import encoded
from tests.fabricated import flat, saved_model

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
LONG = 120_000  # ms
PHOTOS = 50
TOLERANCE = 2e-4  # on probabilities and on the likeness
STARTER = workspace.PROJECT / "models" / "saved" / shelf.STARTER
NASTY = ("<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", 'a\' & "b"')


@pytest.fixture(scope="module", autouse=True)
def kept_runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for the runtime that all tests of this file share. Without npm they are skipped."""
    if shutil.which("npm") is None:
        pytest.skip("npm, which fetches the runtime for browsers, is missing")
    pytest.importorskip("onnx", reason="the tests' models need onnx (requirements-export.txt)")
    folder = tmp_path_factory.mktemp("runtime")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.exporting.browser_runtime.kept", lambda: folder / "package.tgz")
        yield folder


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """The page of the model that answers the brightest of red, green and blue."""
    return colour_page(tmp_path)


def colour_page(folder: Path, names: dict[str, str] | None = None, **card: Any) -> Path:
    """Write the page for a model whose card has these fields."""
    onnx_files.colours(folder / "model.onnx")
    model = shelf.read(saved_model("colours", **card))
    web.write(folder / "model.onnx", model, folder / "page.html", names)
    return folder / "page.html"


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A tab of a phone's size. At the end, nothing went wrong in it and nothing was asked of a network."""
    context = browser.new_context(**PHONE)
    tab = context.new_page()
    tab.set_default_timeout(LONG)
    wrong: list[str] = []
    asked: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("dialog", lambda dialog: wrong.append(dialog.message))
    tab.on("request", lambda request: asked.append(request.url))
    yield tab
    context.close()
    assert wrong == []
    assert {address.split(":")[0] for address in asked} <= {"file", "blob"}


def opened(tab: Any, page: Path) -> Any:
    """The tab with the page, as soon as the model is ready."""
    from playwright.sync_api import expect

    tab.goto(page.as_uri())
    expect(tab.get_by_role("status")).to_have_text("Ready. Add a photo.", timeout=LONG)
    return tab


def cards(tab: Any, count: int) -> Any:
    """The cards on the page, as soon as there are so many."""
    from playwright.sync_api import expect

    expect(tab.locator("#answers > li")).to_have_count(count, timeout=LONG)
    return tab.locator("#answers > li")


def answers(tab: Any) -> list[dict[str, Any]]:
    """What the page has found out about each photo."""
    found: list[dict[str, Any]] = tab.evaluate(
        "fittingRoom.photos.map(({ file, kind, error, probabilities, similarity }) => "
        "({ file, kind, error, probabilities, similarity }))"
    )
    return found


def files(folder: Path, contents: dict[str, bytes]) -> list[str]:
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in contents]


def transparent() -> Image.Image:
    """Blue, and so transparent that it is almost white."""
    return Image.fromarray(np.full((30, 30, 4), (0, 0, 255, 10), np.uint8))


def turned() -> bytes:
    """Stored with its red half on the left, upright only by its EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = 6
    halves = np.zeros((40, 80, 3), np.uint8)
    halves[:, :40, 0], halves[:, 40:, 2] = 255, 255
    return encoded(halves, "JPEG", exif=exif, quality=95)


@pytest.fixture(scope="module")
def starter_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter's ONNX file, from a process of its own, since that needs TensorFlow."""
    pytest.importorskip("tf2onnx", reason="the ONNX export needs tf2onnx (requirements-export.txt)")
    path = tmp_path_factory.mktemp("onnx") / "starter.onnx"
    command = [sys.executable, "-m", "models.onnx_model", str(STARTER), "--out", str(path)]
    done = subprocess.run(command, cwd=workspace.PROJECT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return path


def test_a_phone_answers_as_the_app_does(phone: Any, starter_onnx: Path, shared: Path, tmp_path: Path) -> None:
    model = shelf.read(STARTER)
    web.write(starter_onnx, model, tmp_path / "page.html")
    every = sorted((shared / "clothing-dataset-small" / "test").rglob("*.jpg"))
    chosen = every[:: len(every) // PHOTOS][:PHOTOS]
    tab = opened(phone, tmp_path / "page.html")
    tab.set_input_files("#choose", [str(path) for path in chosen])
    cards(tab, PHOTOS)
    classifier = Classifier(model)
    for path, found in zip(chosen, answers(tab), strict=True):
        expected = classifier.answer(path.read_bytes())
        shares = dict(expected.probabilities)
        assert found["file"] == path.name
        assert found["probabilities"] == pytest.approx([shares[label] for label in model.labels], abs=TOLERANCE)
        assert found["similarity"] == pytest.approx(expected.similarity, abs=TOLERANCE)
        assert found["kind"] == expected.doubt


def test_large_photos_get_the_same_answers_too(phone: Any, starter_onnx: Path, shared: Path, tmp_path: Path) -> None:
    """The app reads large JPEGs at reduced size. What it does then differs by a level here and there, and that by up to
    two points where the model hesitates between two classes (five without the page's own reduction)."""
    model = shelf.read(STARTER)
    web.write(starter_onnx, model, tmp_path / "page.html")
    classifier = Classifier(model)
    small = sorted((shared / "clothing-dataset-small" / "test").rglob("*.jpg"))[::9]
    least_sure = sorted(small, key=lambda path: classifier.answer(path.read_bytes()).probability)[:4]
    contents = {}
    for number, path in enumerate(least_sure):
        large = Image.open(path).resize((1200, 1608), Image.Resampling.BICUBIC)
        contents[f"{number}.jpg"] = encoded(large, "JPEG", quality=90)
        contents[f"{number}.png"] = encoded(large.resize((2000, 2680)), "PNG", compress_level=1)
    tab = opened(phone, tmp_path / "page.html")
    tab.set_input_files("#choose", files(tmp_path, contents))
    cards(tab, len(contents))
    for (name, data), found in zip(contents.items(), answers(tab), strict=True):
        expected = classifier.answer(data)
        shares = dict(expected.probabilities)
        tolerance = 0.03 if name.endswith("jpg") else 5e-3
        assert found["probabilities"] == pytest.approx([shares[label] for label in model.labels], abs=tolerance), name
        assert found["similarity"] == pytest.approx(expected.similarity, abs=1e-3)


def test_photos_of_all_kinds_get_an_answer_or_a_sentence(phone: Any, colours: Path, tmp_path: Path) -> None:
    good = {
        "red.jpg": encoded(flat(255, 0, 0, 40), "JPEG"),
        "green.webp": encoded(flat(0, 255, 0, 40), "WEBP"),
        "small.png": encoded(flat(0, 0, 255, 3), "PNG"),
        "orange.png": encoded(flat(255, 235, 140), "PNG"),
        "black.png": encoded(flat(0, 0, 0), "PNG"),
        "clear.png": encoded(transparent(), "PNG"),
        "turned.jpg": turned(),
        "large.png": encoded(np.random.default_rng(0).integers(0, 99, (3000, 2000, 3)).astype(np.uint8), "PNG"),
    }
    bad = {
        "apple.heic": (encoded(flat(0, 0, 255, 64), "HEIF"), "can't read HEIC photos"),
        "scan.jpg": (encoded(flat(0, 0, 255, 64), "TIFF"), "can't read TIFF photos"),
        "cut.jpg": (encoded(np.zeros((60, 60, 3), np.uint8), "JPEG")[:400], "damaged, or not a photo"),
        "text.png": (b"this is not a photo", "damaged, or not a photo"),
        "empty.png": (b"", "The file is empty."),
        "huge.png": (encoded(Image.new("1", (9000, 9000)), "PNG"), "at most 64 megapixels in a browser, got 81"),
    }
    tab = opened(phone, colours)
    paths = files(tmp_path, good | {name: data for name, (data, _) in bad.items()})
    tab.set_input_files("#choose", paths)
    shown = cards(tab, len(paths))
    classifier = Classifier(shelf.model("colours"))
    found = {answer["file"]: answer for answer in answers(tab)}
    for name, data in good.items():
        expected = classifier.answer(data)
        shares = [dict(expected.probabilities)[label] for label in classifier.model.labels]
        assert found[name]["probabilities"] == pytest.approx(shares, abs=0.02), name  # 25 levels are 1 in the logits
        assert found[name]["kind"] == expected.doubt, name
    assert {found[name]["kind"] for name in good} == {"sure", "close", "unlike"}
    for name, (_, sentence) in bad.items():
        assert found[name]["kind"] == "unread"
        assert sentence in shown.filter(has_text=name).inner_text()
    assert "red" in shown.filter(has_text="red.jpg").get_by_role("heading").inner_text()
    assert "If it must be one of these: red." in shown.filter(has_text="black.png").inner_text()
    assert tab.get_by_role("heading", level=2).inner_text().startswith("14 photos: ")


def test_bars_show_three_classes_and_the_rest_on_demand(phone: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    tab = opened(phone, colour_page(tmp_path))
    tab.set_input_files("#choose", files(tmp_path, {"red.png": encoded(flat(255, 0, 0), "PNG")}))
    card = cards(tab, 1).first
    expect(card.locator(".bars > li:visible")).to_have_count(3)
    expect(card.get_by_text("All classes")).to_be_hidden()  # there are no others
    assert card.locator(".bars").first.inner_text().split() == ["red", "over", "99%", "green", "0%", "blue", "0%"]


def test_the_table_can_be_saved_with_changed_names(phone: Any, colours: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    contents = {
        "=1+1.png": encoded(flat(255, 0, 0), "PNG"),
        'a "b", c.png': encoded(flat(255, 235, 140), "PNG"),
        "text.png": b"this is not a photo",
    }
    tab = opened(phone, colours)
    tab.set_input_files("#choose", files(tmp_path, contents))
    cards(tab, 3)
    tab.get_by_text("Rename classes").click()
    tab.get_by_label("Name for red").fill("rouge")
    expect(tab.locator("#answers h3").first).to_have_text("rouge")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save as CSV").click()
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["file"] for row in rows] == ["'=1+1.png", 'a "b", c.png', "text.png"]
    assert [row["answer"] for row in rows] == ["rouge", "rouge", ""]
    assert [row["doubt"] for row in rows] == ["", "not sure", ""]
    assert float(rows[0]["probability"]) == pytest.approx(1, abs=1e-3)
    assert rows[2]["error"].startswith("The photo is damaged")
    tab.reload()
    expect(tab.locator("#classes")).to_have_text("rouge, green, blue")
    tab.get_by_text("Rename classes").click()
    tab.get_by_role("button", name="Use the original names").click()
    expect(tab.locator("#classes")).to_have_text("red, green, blue")


def test_labels_that_look_like_code_are_only_shown(phone: Any, tmp_path: Path) -> None:
    tab = opened(phone, colour_page(tmp_path, dict(zip(("a", "b", "c"), NASTY, strict=True)), labels=["a", "b", "c"]))
    tab.set_input_files("#choose", files(tmp_path, {"<b>x.png": encoded(flat(255, 0, 0), "PNG")}))
    card = cards(tab, 1).first
    assert card.get_by_role("heading").inner_text() == NASTY[0]
    assert all(label in tab.locator("#classes").inner_text() for label in NASTY)
    assert "<b>x.png" in card.inner_text()
    assert tab.locator("img, b").count() == 0


def test_photos_can_be_dropped_and_pasted_and_removed(phone: Any, colours: Path) -> None:
    from playwright.sync_api import expect

    tab = opened(phone, colours)
    data = list(encoded(flat(0, 255, 0), "PNG"))
    for event, field in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        tab.evaluate(
            """([event, field, data]) => {
              const files = new DataTransfer();
              files.items.add(new File([new Uint8Array(data)], `${event}.png`, { type: "image/png" }));
              const happening = new Event(event, { bubbles: true, cancelable: true });
              Object.defineProperty(happening, field, { value: files });
              document.body.dispatchEvent(happening);
            }""",
            [event, field, data],
        )
    shown = cards(tab, 2)
    assert [card.get_by_role("heading").inner_text() for card in shown.all()] == ["green", "green"]
    tab.get_by_role("button", name="Remove all photos").click()
    cards(tab, 0)
    expect(tab.get_by_role("status")).to_have_text("All photos are removed from this page.")


def test_a_photo_can_be_taken_on_a_computer(browser: Any, colours: Path) -> None:
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    own = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *flags])
    try:
        tab = opened(own.new_context().new_page(), colours)
        tab.get_by_role("button", name="Take a photo").click()
        tab.locator("#viewfinder").evaluate(
            "video => video.videoWidth || new Promise((done) => { video.onloadeddata = done; })"
        )
        tab.get_by_role("button", name="Take the photo").click()
        assert "photo-1.jpg" in cards(tab, 1).first.inner_text()
        assert answers(tab)[0]["error"] is None
    finally:
        own.close()


STINGY = """
const Memory = WebAssembly.Memory;
WebAssembly.Memory = function (wanted) {
  if (wanted.maximum > 5000) throw new RangeError("Out of memory");
  return new Memory(wanted);
};
"""  # as iPhones refuse the 4 GB that the runtime would reserve


def test_the_model_starts_where_memory_is_short(phone: Any, colours: Path, tmp_path: Path) -> None:
    phone.add_init_script(STINGY)
    tab = opened(phone, colours)
    tab.set_input_files("#choose", files(tmp_path, {"red.png": encoded(flat(255, 0, 0), "PNG")}))
    cards(tab, 1)
    assert answers(tab)[0]["kind"] == "sure"


def test_a_browser_that_can_not_run_the_model_says_so(browser: Any, colours: Path) -> None:
    from playwright.sync_api import expect

    tab = browser.new_page()
    tab.add_init_script("WebAssembly.instantiate = () => Promise.reject(new Error('too old'));")
    tab.goto(colours.as_uri())
    expect(tab.get_by_role("status")).to_contain_text("The model can't start in this browser", timeout=LONG)
    expect(tab.get_by_role("status")).to_contain_text("Update the browser")
    tab.close()


def test_the_page_works_with_the_keyboard_and_names_its_controls(phone: Any, colours: Path) -> None:
    tab = opened(phone, colours)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "choose"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "take"
    controls = tab.locator("button:visible, input:visible, summary:visible").all()
    assert len(controls) >= 4
    for control in controls:
        assert control.evaluate("e => e.labels?.[0]?.textContent || e.textContent || e.ariaLabel").strip()
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]  # type: ignore[index]


def test_the_licence_of_the_runtime_stands_in_the_page(phone: Any, colours: Path) -> None:
    tab = opened(phone, colours)
    tab.get_by_text("About this page").click()
    text = tab.locator("#about").inner_text()
    assert "Copyright (c) Microsoft Corporation" in text
    assert "WITHOUT WARRANTY OF ANY KIND" in text


SIDES = [
    (534, 400, 112), (224, 224, 112), (336, 336, 112), (448, 224, 112), (224, 336, 112), (112, 112, 112), (56, 40, 112),
    (300, 50, 112), (50, 300, 112), (1, 1, 112), (113, 112, 112), (500, 375, 100), (401, 397, 64), (3, 500, 32),
]  # fmt: skip


def test_its_resize_is_that_of_the_app(browser: Any) -> None:
    tab = browser.new_page()
    tab.add_script_tag(content=(web.PARTS / "resize.js").read_text(encoding="utf-8"))
    rng = np.random.default_rng(0)
    for height, width, size in SIDES:
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        rgba = np.concatenate([pixels, np.full((height, width, 1), 255, np.uint8)], -1)
        found = tab.evaluate(
            """([data, width, height, size]) => {
              const pixels = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
              const rows = (top, bottom) => pixels.subarray(4 * width * top, 4 * width * bottom);
              return Array.from(squashed({ width, height, rows, step: 7 }, size));
            }""",
            [base64.b64encode(rgba.tobytes()).decode(), width, height, size],
        )
        difference = np.abs(np.reshape(found, (size, size, 3)) - photos.resize(pixels, size).astype(int))
        assert difference.max() <= 1, (height, width, size)
        # where a side grows, OpenCV rounds some values in another order
        assert (difference > 0).mean() < (1e-4 if min(height, width) >= size else 0.01), (height, width, size)
    tab.close()
