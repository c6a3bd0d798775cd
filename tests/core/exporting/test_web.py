"""The page for the browser as a file: whole, closed to the network, and safe whatever the classes are called."""

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from core.answering import shelf
from core.answering.doubt import AHEAD, FALSE_ALARMS, Doubt
from core.datasets import catalogue
from core.errors import ModelError, SettingsError
from core.exporting import browser_runtime, web
from core.exporting.browser_runtime import Runtime
from tests.contrast import contrast
from tests.fabricated import LABELS, saved_model

RUNTIME = Runtime("var a=1,b=2;export{a as InferenceSession,b as env};\n//# sourceMappingURL=x.map\n", b"\0asm" * 99)
NASTY = ("</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{licence}} & {name} $1 \\")
LONGEST, WIDEST = 300, 120  # lines, characters
ELEMENTS = {"facts", "runtime", "model"}


class Page(HTMLParser):
    """What a browser would make of the file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.contents: dict[str, list[str]] = {"script": [], "style": []}
        self.data: dict[str, str] = {}
        self.words = ""
        self._open: tuple[str, str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag in self.contents:
            self._open = (tag, attributes.get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is None:
            self.words += data
        elif self._open[1] in ELEMENTS:
            self.data[self._open[1]] = self.data.get(self._open[1], "") + data
        else:
            self.contents[self._open[0]].append(data)

    @property
    def facts(self) -> Any:
        return json.loads(self.data["facts"])

    @property
    def policy(self) -> str:
        return next(a["content"] or "" for tag, a in self.tags if a.get("http-equiv") == "Content-Security-Policy")


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_runtime, "load", lambda progress=None: RUNTIME)


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"the network" * 50)
    return path


def written(onnx: Path, labels: dict[str, str] | None = None, **card: Any) -> Page:
    """The page for a model whose card has these fields."""
    model = shelf.read(saved_model("colours", **card))
    target = onnx.with_name("page.html")
    web.write(onnx, model, target, labels)
    return Page(target.read_text(encoding="utf-8"))


def unpacked(text: str) -> bytes:
    return gzip.decompress(base64.b64decode(text))


def test_model_and_runtime_lie_in_the_page(onnx: Path) -> None:
    page = written(onnx)
    assert unpacked(page.data["model"]) == onnx.read_bytes()
    assert unpacked(page.data["runtime"]) == RUNTIME.wasm
    assert page.contents["script"][0].endswith("globalThis.ort={InferenceSession:a,env:b};\n")
    assert "export" not in page.contents["script"][0]


def test_the_same_model_gives_the_same_page(onnx: Path) -> None:
    model, target = shelf.read(saved_model("colours")), onnx.with_name("page.html")
    web.write(onnx, model, target)
    before = target.read_bytes()
    web.write(onnx, model, target)
    assert target.read_bytes() == before


def test_nothing_is_loaded_from_elsewhere(onnx: Path) -> None:
    page = written(onnx)
    addresses = [a[name] for _, a in page.tags for name in ("src", "href", "action", "srcset") if name in a]
    assert addresses == ["data:,"]
    assert not any(name.startswith("on") or name == "style" for _, a in page.tags for name in a)
    assert not re.search(r"url\(|@import", page.contents["style"][0])


def test_the_policy_names_these_scripts_and_this_style_and_no_address(onnx: Path) -> None:
    page = written(onnx)
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    hashes = {
        kind: [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in contents]
        for kind, contents in page.contents.items()
    }
    assert rules == {
        "default-src": "'none'",
        "script-src": " ".join([*hashes["script"], "'wasm-unsafe-eval'"]),
        "style-src": hashes["style"][0],
        "img-src": "blob: data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert len(hashes["script"]) == 2


@pytest.mark.parametrize("place", ["labels", "mapping", "name"])
def test_a_text_from_outside_is_only_a_text(onnx: Path, place: str) -> None:
    plain = written(onnx, labels={"red": "rouge"})
    onnx.with_name("page.html").unlink()
    card = {"labels": list(NASTY)} if place == "labels" else {}
    mapping = dict(zip(LABELS, NASTY, strict=True)) if place == "mapping" else None
    folder = saved_model(f"{NASTY[1]}", **card) if place == "name" else saved_model("nasty", **card)
    web.write(onnx, shelf.read(folder), onnx.with_name("page.html"), mapping)
    page = Page(onnx.with_name("page.html").read_text(encoding="utf-8"))
    assert [(tag, sorted(a)) for tag, a in page.tags] == [(tag, sorted(a)) for tag, a in plain.tags]
    assert page.contents == plain.contents
    if place == "name":
        assert NASTY[1] in page.words
        return
    assert page.facts["names"] == list(NASTY)
    assert all(label in page.words for label in NASTY)


def test_labels_can_have_other_names(onnx: Path) -> None:
    page = written(onnx, labels={"green": " grün "})
    assert page.facts["labels"] == ["red", "green", "blue"]
    assert page.facts["names"] == ["red", "grün", "blue"]
    assert "red, grün, blue" in page.words


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ({"pink": "rose"}, "one of red, green, blue, got 'pink'"),
        ({"red": "  "}, "1 to 80"),
        ({"red": "a\nb"}, "1 to 80"),
    ],
)
def test_names_that_can_not_be_shown_are_refused(onnx: Path, labels: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        written(onnx, labels)
    assert not onnx.with_name("page.html").exists()


def test_a_missing_onnx_file_leaves_the_earlier_page(onnx: Path) -> None:
    written(onnx)
    before = onnx.with_name("page.html").read_bytes()
    onnx.unlink()
    with pytest.raises(ModelError, match="can't be read"):
        web.write(onnx, shelf.model("colours"), onnx.with_name("page.html"))
    assert onnx.with_name("page.html").read_bytes() == before


def test_the_rule_of_doubt_comes_from_the_card(onnx: Path) -> None:
    assert FALSE_ALARMS == 0.05
    page = written(onnx, thresholds_at={"0.2": {"probability": 0.99, "similarity": 0.9}})
    assert page.facts["doubt"]["limits"] == {"probability": 0.9, "similarity": 0.3}
    assert page.facts["doubt"]["ahead"] == AHEAD
    texts = page.facts["texts"]
    for kind in (Doubt.CLOSE, Doubt.UNLIKE):
        assert (texts[f"reason_{kind}"], texts[f"column_{kind}"]) == (kind.sentence, kind.column)
    for kind in Doubt:
        assert texts[f"kind_{kind}"] == kind.words
        assert texts[f"badge_{kind}"].casefold() == kind.words


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        ({}, "50% accurate on 100 validation photos."),
        ({"scores": {"validation": {"accuracy": 0.6}, "test": {"accuracy": 0.9}}}, "90% accurate on 100 test photos."),
        ({"taught": {"sessions": 3, "penalty": 1.0}}, "50% accurate on 100 photos, each answered by a model that had"),
        ({"dataset": catalogue.DRAWN}, "has never seen a photo"),
        ({"scores": {"validation": {"accuracy": 0.5, "count": 12, "correct": 6}}}, "adjusted on 12 photos only"),
        ({"corrected": {"origin": "o", "previous": "p", "photos": 3}}, "the accuracy of o, before it learned"),
        ({}, "The model: colours, 2025-06-01."),
    ],
)
def test_the_page_says_how_good_the_model_is(onnx: Path, card: dict[str, Any], sentence: str) -> None:
    assert sentence in written(onnx, **card).words


def test_every_text_is_used_and_every_text_that_is_used_exists(onnx: Path) -> None:
    texts = json.loads((web.PARTS / "texts.json").read_text(encoding="utf-8"))
    scripts = "".join((web.PARTS / name).read_text(encoding="utf-8") for name in web.SCRIPTS)
    used = set(re.findall(r'say\("(\w+)"', scripts)) | {"language"}
    used |= {key for key in texts for start in re.findall(r"say\(`(\w+_)\$", scripts) if key.startswith(start)}
    used |= set(re.findall(r"\{\{(\w+)\}\}", (web.PARTS / "page.html").read_text(encoding="utf-8")))
    python = Path(web.__file__).read_text(encoding="utf-8")
    used |= {key for key in texts if f'texts["{key}"]' in python or key.startswith("accuracy_")}
    assert used == set(texts)


def test_all_parts_of_the_page_are_short_and_in_use() -> None:
    assert {path.name for path in web.PARTS.glob("*.js")} == set(web.SCRIPTS)
    for path in web.PARTS.iterdir():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) < LONGEST, path.name
        if path.suffix in (".js", ".css", ".html"):
            assert max(map(len, lines)) <= WIDEST, path.name


def test_the_colours_have_contrast_in_the_light_and_in_the_dark() -> None:
    css = (web.PARTS / "page.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in re.findall(r":root \{([^}]*)\}", css))
    for colours in (light, {**light, **dark}):
        for ink in ("ink", "quiet", "caution", "wrong"):
            assert contrast(colours[ink], colours["paper"]) >= 4.5, ink
        assert contrast(colours["quiet"], colours["tint"]) >= 4.5
        assert contrast(colours["caution"], colours["caution-tint"]) >= 4.5
        assert contrast("#FFFFFF", colours["accent"]) >= 4.5
        for line in ("edge", "accent", "bar"):
            assert contrast(colours[line], colours["paper"]) >= 3, line
        assert contrast(colours["bar"], colours["line"]) >= 2  # a bar on its track; the number stands beside it
