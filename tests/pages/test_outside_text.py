"""Text from outside stays text: every page has it only in escaped form, wherever Streamlit or Plotly interprets it."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from core import workspace
from core.datasets import offered, review
from core.files import atomic
from core.reviewing import check as checking
from core.teaching import gathering, keeping, lesson, teacher
from pages.frame import markdown
from tests import poison
from tests.core.test_lesson import photos
from tests.pages.conftest import APP, colour, key_of, page, room
from tests.pages.predicting import open_card
from tests.pages.test_teach import opened
from tests.zips import old_zip

PLAIN = re.compile(  # fields that Streamlit shows as they are, or not at all: see pages/frame/markdown.py
    r"\w+\.(id|alt)|BidiComponent\.json|ArrowData\.data|Code\.code_text|Json\.body|Selectbox\.(options|raw_value)|Text(Area|Input)\.(default|value)"
)
LIVE = re.compile(r"[\[\]`$<>|~&*]|www\.|:[/\w]|\w@\w|(?<!\S)--(?!\S)")  # acts, unless escaped
STYLED = re.compile(  # by the pages
    r"\*\*|\*(?=\w)|(?<=\w)\*|^:material/\w+: |^:\w+\[:material/\w+:\]|`python -m core data check`"
    r"|^:\w+-badge\[(:material/\w+: )?(?=.*\]$)|\]$"
)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("T-shirt, size 40 (new)!", "T-shirt, size 40 (new)!"),
        ("at 12: no; 1.5 GB - or - 10%", "at 12\\: no; 1.5 GB - or - 10%"),
        ("python -m core disk --clean", "python -m core disk --clean"),  # can be copied
        ("[a](b)", "&#91;a&#93;(b)"),
        ("`$x$` & <b>*_~|#{}\\", "\\`\\$x\\$\\` \\& \\<b\\>\\*\\_\\~\\|\\#\\{\\}\\\\"),
        ("http://x.org", "http\\:\u2060//x.org"),
        ("see WWW.x.org, me@x.org", "see WWW\u2060.x.org, me@\u2060x.org"),
        (":material/delete: :smile:", "\\:\u2060material/delete\\: \\:\u2060smile\\:"),
        ("a -> b <- c <-> d -- e", "a -\u2060\\> b \\<\u2060- c \\<-\u2060\\> d -\u2060- e"),
        ("a >= b <= c ~= d", "a \\>\u2060= b \\<\u2060= c \\~\u2060= d"),
        ("- a", "\\- a"),
        ("+ a", "\\+ a"),
        ("12. a", "12\\. a"),
        ("12) a", "12\\) a"),
        ("\ufeffa -> b\ufeff", "\u2060a -\u2060\\> b\u2060"),
        ("one\n\n    two\r\n# three\t", "one two \\# three"),
        ("", ""),
    ],
)
def test_markdown_shows_a_text_as_it_is(text: str, escaped: str) -> None:
    assert markdown.plain(text) == escaped


def texts(message: Any) -> Iterator[tuple[str, str]]:
    """Every string in a protobuf message, with the name of its field."""
    for field, value in message.ListFields():
        name = f"{message.DESCRIPTOR.name}.{field.name}"
        if isinstance(value, str | bytes) or not hasattr(value, "__len__"):
            values = [value]
        else:
            values = value.values() if hasattr(value, "values") else value
        for item in values:
            if isinstance(item, str | bytes):
                yield name, item if isinstance(item, str) else item.decode("utf-8", "replace")
            elif hasattr(item, "ListFields"):
                yield from texts(item)


def messages(block: Any) -> Iterator[Any]:
    """The protobuf messages of all elements and containers of a page."""
    for child in block.children.values():
        if getattr(child, "proto", None) is not None:
            yield child.proto
        if hasattr(child, "children"):
            yield from messages(child)


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def check(app: AppTest) -> set[str]:
    """Assert that no outside text on the page is live. Returns the fields that have such texts, and "PlotlyChart"."""
    assert not app.exception
    fields = set()
    for message in messages(app._tree):
        for name, text in texts(message):
            figure = json.loads(text) if name in ("PlotlyChart.spec", "BidiComponent.json") else {}
            if "figure" in figure:  # of a chart that is updated in place
                figure = json.loads(figure["figure"])
            if name == "PlotlyChart.spec" or "layout" in figure:
                is_outside = [check_label(label) for label in strings(figure)]
                fields |= {"PlotlyChart"} if any(is_outside) else set()
            elif poison.HOST in text.replace(markdown.JOINER, ""):
                fields.add(name)
                rest = STYLED.sub("", re.sub(r"\\.|&#9[13];", "", text))
                assert PLAIN.fullmatch(name) or not LIVE.search(rest), (name, LIVE.findall(rest), text)
    return fields


def check_label(label: str) -> bool:
    """Assert that Plotly shows a string of a figure as it is. Returns whether it comes from outside."""
    rest = re.sub(r'<extra></extra>|<span style="color:#\w{6}">\d+</span>', "", label)
    assert not re.search(r"[<>$]|&(?!amp;|lt;|gt;|#36;)", rest), label
    return "http" in label


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, str]:
    """The ids of the runs in a workspace with such texts everywhere."""
    return poison.fabricate(tmp_path)


def test_home(runs: dict[str, str]) -> None:
    assert check(page("home")) >= {"Markdown.body", "PlotlyChart"}


def test_compare(runs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.comparing.table.ticked", lambda runs: runs)
    app = page("compare")
    app.selectbox(key=key_of(app, "compare-scope")).set_value(f"on:{poison.DATASET}").run()
    assert check(app) >= {"Markdown.body", "PlotlyChart"}
    for section in ("Settings", "Photos"):
        app.segmented_control(key=key_of(app, "compare-section")).set_value(section).run()
        check(app)


def test_data(runs: dict[str, str], tmp_path: Path) -> None:
    app = page("data")
    assert check(app) >= {"Markdown.body", "Image.caption"}
    app.text_input(key=key_of(app, "data-folder")).set_value(poison.POISON).run()
    app.button(key="add-folder").click().run()
    assert "Alert.body" in check(app)
    app.file_uploader(key=key_of(app, "data-zip")).upload(
        f"{poison.POISON}.zip", old_zip((f"바지 {poison.NAME[:90]}", "치마"), "cp949").getvalue()
    )
    app.run()
    app.button(key="add-zip").click().run()
    assert "Radio.options" in check(app)


@pytest.mark.parametrize("section", ["Overview", "Photos", "Findings", "Map", "Manage"])
def test_inside_a_dataset(runs: dict[str, str], section: str) -> None:
    checking.check(poison.DATASET)
    review.decide(poison.DATASET, [poison.NAME], "class", poison.POISON[:100])
    review.undo(poison.DATASET)
    review.decide(poison.DATASET, [poison.NAME], "keep")
    shown = check(room(poison.DATASET, section))
    assert shown >= ({"BidiComponent.json"} if section in ("Photos", "Findings") else set())


@pytest.mark.parametrize("section", ["How good is it?", "Label next", "Save and use"])
def test_a_lesson(runs: dict[str, str], section: str) -> None:
    """A lesson whose title, kinds and files have such names, and that mixes up its kinds."""
    kinds = (poison.NAME[:90], poison.NAME[60:150])
    name = lesson.create(poison.POISON[:80])
    for kind in kinds:
        lesson.add_kind(name, kind)
        gathering.add_photos(name, kind, photos("disc", range(5), 1000 + len(lesson.of(name).kinds)))
    (copy, *_) = lesson.by_kind(name)[lesson.of(name).kinds[0]]
    gathering.add_photos(name, lesson.of(name).kinds[1], [("same.png", copy.path.read_bytes())])
    gathering.add_unsorted(name, [(f"{poison.NAME[:60]}.png", photos("bars", range(30, 31))[0][1])])
    teacher.learn(name)
    keeping.save(name)
    app = opened(name)
    app.segmented_control(key="teach-section").set_value(section).run()
    assert check(app) >= {"Markdown.body", "Heading.body", "Button.label"}
    ((file, data),) = photos("frame", range(31, 32))
    app.file_uploader(key="teach-question").upload(file, data).run()
    assert "PlotlyChart" in check(app)
    app = page("teach")
    assert check(app) >= {"Markdown.body"}


def test_what_could_only_be_written_by_hand(runs: dict[str, str], tmp_path: Path) -> None:
    poison.damage(tmp_path)
    for name in ("home", "augment", "train", "predict", "data"):
        assert check(page(name)) & {"Alert.body", "Markdown.body"}, name
    app = page("data")
    app.button(key="health-examine").click().run()
    assert "Markdown.body" in check(app)
    assert sum("damaged" in markdown.value for markdown in app.markdown) > 3
    poison.download_says(words=poison.POISON)
    with FileLock(offered._folder() / "lock"):
        assert "Progress.text" in check(page("data"))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("stopped", {"Alert.body", "Markdown.body"}),
        ("failed", {"Alert.body", "Markdown.body"}),
        ("done", {"Button.help", "Metric.delta", "Markdown.body"}),
        ("running", {"Alert.body", "Markdown.body", "Progress.text"}),
        ("elsewhere", {"Markdown.body"}),
    ],
)
def test_train(runs: dict[str, str], kind: str, fields: set[str]) -> None:
    with poison.start(runs["running"]) if kind == "running" else contextlib.nullcontext():
        app = page("train")
        if kind == "elsewhere":
            app.selectbox(key=key_of(app, "train-run")).set_value(runs[kind]).run()
        else:
            app.selectbox(key=key_of(app, "train-run")).set_value(runs["stopped"]).run()  # the first of the study
            app.selectbox(key=key_of(app, f"study-run-{poison.POISON}")).set_value(runs[kind]).run()
        assert check(app) >= {*fields, "PlotlyChart"}
    app.button(key=f"clone-{runs[kind]}").click().run()  # fills the form
    assert "Toast.body" in check(app)


def test_the_end_of_a_run(runs: dict[str, str]) -> None:
    app = page("home")
    for kind in ("failed", "stopped", "done"):
        folder = workspace.runs() / runs["running"]
        atomic.write_json(folder / "status.json", {"phase": kind, "error": poison.POISON})
        app.session_state["ended-runs"] = {run for run in runs.values() if run != runs["running"]}
        assert "Toast.body" in check(app.run())


def test_predict(runs: dict[str, str]) -> None:
    app = page("predict")
    uploader = app.file_uploader(key="predict-photos")
    for i, pixels in enumerate(((255, 0, 0), (255, 235, 140), (0, 0, 0))):
        uploader.upload(f"{i} {poison.POISON}.png", colour(*pixels))
    uploader.upload(f"{poison.POISON}.jpg", b"no photo").run()
    assert check(app) >= {"Alert.body", "Button.label", "Option.content", "Expandable.label", "Markdown.body"}
    for number in range(2):
        assert {"Heading.body", "PlotlyChart"} <= check(open_card(app, number))
        app.button(key="predict-where-button").click().run()  # shows the map, or hides it
        assert "Option.content" in check(app) or number
    app.toggle[0].set_value(True).run()
    assert check(app) >= {"ArrowData.data", "PlotlyChart"}


def test_augment(runs: dict[str, str]) -> None:
    app = page("augment")
    app.session_state["augment-label-check"] = True
    assert check(app.run()) >= {"Image.caption", "Markdown.body", "PlotlyChart", "Selectbox.options"}
    upload = app.segmented_control(key=key_of(app, "photo-source")).set_value("Upload").run()
    app.file_uploader(key="photo-upload").upload(f"{poison.POISON}.png", colour(9, 9, 9)).run()
    assert "Image.alt" in check(upload)
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/augment.py").run()
    assert "Markdown.body" in check(app)  # the name of the photo


@pytest.mark.parametrize(("name", "query"), poison.addresses())
def test_an_address(runs: dict[str, str], name: str, query: dict[str, str]) -> None:
    app = AppTest.from_file(APP, default_timeout=30).run()
    for key, value in query.items():
        app.query_params[key] = value
    fields = check(app.switch_page(f"pages/{name}.py").run())
    assert fields
    if "photo" in query and name == "augment":
        assert ("Toast.body" in fields) == (poison.NAME not in query["photo"])
    if "dataset" in query.get("settings", ""):
        assert "Alert.body" in fields
