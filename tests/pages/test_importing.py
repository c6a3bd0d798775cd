"""A model from elsewhere on Compare: what is asked for, what is started, and what becomes of it."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import workspace
from core.answering import shelf
from core.files import processes, records
from core.files.background import Status
from core.importing import background
from core.importing.background import Wanted
from core.importing.pixels import MEASURE
from tests.core.test_importing import USUAL, keras_file
from tests.fabricated import saved_model
from tests.pages.conftest import click, key_of, page


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that would have been started as processes."""
    modules: list[str] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: modules.append(module))
    return modules


def compare() -> AppTest:
    """Compare without a run, where all that there is are the models."""
    saved_model("colours")
    return page("compare")


def upload(app: AppTest, path: Path) -> AppTest:
    app.file_uploader(key=key_of(app, "compare-import-file")).upload(path.name, path.read_bytes()).run()
    assert not app.exception
    return app


def ends(model: str = "", error: str = "") -> None:
    """Let the process end that a click would have started."""
    if model:
        wanted = background.wanted()
        assert wanted is not None
        records.write(workspace.locks() / "import-wanted.json", wanted.model_copy(update={"model": model}))
    done = Status(share=0.0 if error else 1.0, words="done", error=error)
    records.write(workspace.locks() / "import.json", done)


def texts(elements: Any) -> str:
    return "\n".join(each.value for each in elements)


def test_a_file_is_handed_on_with_what_is_known_about_it(tiny: str, started: list[str], tmp_path: Path) -> None:
    app = compare()
    assert app.button(key="compare-import-start").disabled
    upload(app, keras_file(tmp_path / "Mein Netz.keras", USUAL))
    app.text_area(key="compare-import-labels").set_value("red, dark\n\n green \nblue\n")
    app.selectbox(key="compare-import-dataset").set_value(tiny)
    click(app, "compare-import-start")
    assert started == ["core.importing.background"]
    assert background.wanted() == Wanted(
        file="Mein Netz.keras",
        title="Mein Netz",
        dataset=tiny,
        labels=("red, dark", "green", "blue"),
        pixels=MEASURE,
    )
    assert (workspace.scratch() / "brought" / "Mein Netz.keras").read_bytes()[:2] == b"PK"
    assert "compare-import-start" not in [button.key for button in app.button]  # one at a time
    assert len(app.get("progress")) == 1


def test_a_file_that_can_t_be_a_model_is_a_sentence_and_starts_nothing(started: list[str], tmp_path: Path) -> None:
    (tmp_path / "photo.tflite").write_bytes(b"\xff\xd8\xff")
    app = click(upload(compare(), tmp_path / "photo.tflite"), "compare-import-start")
    assert "photo.tflite is not a .tflite file" in texts(app.toast)
    assert started == []
    assert background.status() is None
    assert not (workspace.scratch() / "brought").exists()


def test_its_end_is_said_until_the_message_is_closed(tiny: str, started: list[str], tmp_path: Path) -> None:
    app = click(upload(compare(), keras_file(tmp_path / "other.keras", USUAL)), "compare-import-start")
    ends(error="The network can't be taken apart.")
    app.run()
    assert "other was not saved. The network can't be taken apart" in texts(app.error)
    click(app, "compare-import-close")
    assert not app.error
    upload(app, keras_file(tmp_path / "other.keras", USUAL))
    click(app, "compare-import-start")
    facts = {
        "file": "other.keras",
        "pixels": "0-1",
        "labels": "dataset",
        "warnings": ["Check the order of the labels."],
    }
    saved_model("other", imported=facts)
    ends("other")
    app.run()
    assert "**other** is saved: right on " in texts(app.success)
    assert "Check the order of the labels" in texts(app.warning)
    shelf.delete("other")
    app.run()
    assert not app.success
    assert not app.exception


def test_a_second_one_waits(tiny: str, started: list[str], tmp_path: Path) -> None:
    path = keras_file(tmp_path / "other.keras", USUAL)
    app, second = upload(compare(), path), upload(page("compare"), path)
    click(app, "compare-import-start")
    click(second, "compare-import-start")
    assert "Another model is being brought in" in texts(second.toast)
    assert len(started) == 1
