"""A read-only server: every page can be looked at, every button that is left works, and nothing changes."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import workspace
from core.augment import saved
from core.augment.presets import PRESETS
from core.datasets import adding, catalogue, drawn, growing, review
from core.files import processes, read_only
from core.reviewing import findings
from core.reviewing.findings import Finding, Findings, Kind
from core.runs import folder
from core.runs.records import MEMORY
from core.serving import limits
from core.teaching import gathering, keeping, lesson, teacher
from pages.frame import access
from pages.photos import grid
from pages.photos.grid import Act
from tests.conftest import TINY_CLASSES, drawing, encoded, run_ids, zipped
from tests.core.test_lesson import photos
from tests.core.test_read_only import state
from tests.fabricated import saved_model
from tests.pages.conftest import APP, click, colour, finished_run, page
from tests.pages.predicting import ask
from tests.pages.steering import put

LESSON = "bars-disc-frame"
STUDY = "dropout-20260101-120000"
VIEWS: dict[str, tuple[str, dict[str, Any]]] = {  # page, and what its session holds
    "home": ("home", {}),
    "augment": ("augment", {"augment-start-from": "saved:mild", "recipe": ("rotation", "zoom")}),
    "train, a study": ("train", {"train-run": "study"}),
    "train, a failed run": ("train", {"train-run": "failed"}),
    "train, a stopped run": ("train", {"train-run": "stopped"}),
    "train, a waiting run": ("train", {"train-run": "waiting"}),
    "compare, curves": ("compare", {"compare-section": "Curves", "compare-ticked": "all"}),
    "compare, photos": ("compare", {"compare-section": "Photos"}),
    "compare, models": ("compare", {"compare-section": "Models"}),
    "compare, evaluation": ("compare", {"compare-section": "Evaluation"}),
    "compare, report": ("compare", {"compare-section": "Report"}),
    "predict": ("predict", {}),
    "data": ("data", {}),
    "data, overview": ("data", {"data-open": "mine", "data-section": "Overview"}),
    "data, photos": ("data", {"data-open": "mine", "data-section": "Photos"}),
    "data, findings": ("data", {"data-open": "mine", "data-section": "Findings"}),
    "data, map": ("data", {"data-open": "mine", "data-section": "Map"}),
    "data, manage": ("data", {"data-open": "mine", "data-section": "Manage", "manage-export-mine": True}),
    "data, unsorted photos": ("data", {"data-open": "loose"}),
    "teach": ("teach", {}),
    "teach, score": ("teach", {"teach-open": LESSON, "teach-section": "How good is it?"}),
    "teach, label": ("teach", {"teach-open": LESSON, "teach-section": "Label next"}),
    "teach, keep": ("teach", {"teach-open": LESSON, "teach-section": "Save and use"}),
}

ONLY_SHOWS = ("compare, models", "compare, photos", "compare, report")  # views without a button that changes something


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, tiny_dataset: Path) -> Iterator[Path]:
    """A workspace in which every page has something to do."""
    home = tmp_path_factory.mktemp("template").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        patch.setattr("core.files.processes.start", lambda *_: None)
        patch.setattr(drawn, "COUNTS", {"train": 2, "validation": 1, "test": 1})
        catalogue.load(catalogue.DRAWN)
        adding.add_zip("mine", io.BytesIO(zipped(tiny_dataset)))
        photo, other, *_ = names()
        _check("mine", photo, other)
        review.decide("mine", [other], "leave out")
        growing.create("Loose")
        _runs()
        saved_model("colours", labels=list(TINY_CLASSES))
        saved_model("others", created="2026-01-01T12:00:00+00:00")
        saved.save("mild", PRESETS[0].recipe)
        lesson.start(list(TINY_CLASSES))
        for label in TINY_CLASSES:
            gathering.add_photos(LESSON, label, photos(label, range(5)))
        gathering.add_unsorted(LESSON, [("loose.png", encoded(drawing("disc", 77), "PNG"))])
        teacher.learn(LESSON)
        keeping.save(LESSON)
        yield home


def names() -> list[str]:
    """The photos of the dataset."""
    contents = catalogue.contents_of("mine")
    return contents.names([path for _, _, path in contents.rows()])


def _check(name: str, photo: str, other: str) -> None:
    found = (
        Finding(kind=Kind.UNREADABLE, photos=(photo,), reason="It is not a photo.", remedy="leave out"),
        Finding(kind=Kind.LABEL, photos=(other,), reason="It looks more like 'disc'.", remedy="class", to="disc"),
    )
    findings.write(name, Findings(date="2026-01-01T12:00:00+00:00", photos=36, findings=found))


def _runs() -> None:
    for dropout in (0.0, 0.5):
        finished_run("mine", study=STUDY, dropout=dropout, name="study")
    put("mine", {"phase": "failed", "error": "It failed.", "cause": MEMORY}, name="failed")
    put("mine", {"phase": "stopped"}, name="stopped")
    put("mine", name="waiting")
    (workspace.runs() / "damaged").mkdir()
    (workspace.runs() / "damaged" / "config.json").write_text("{")


@pytest.fixture
def served(home: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A read-only server with a copy of it."""
    shutil.copytree(template, home, dirs_exist_ok=True)
    monkeypatch.setenv(limits.READ_ONLY.variable, "1")
    return home


def opened(view: str) -> AppTest:
    name, values = VIEWS[view]
    app = AppTest.from_file(APP, default_timeout=60).run()
    for _ in range(2):  # some is only known before the page is drawn, and some only once it has widgets
        for key, value in values.items():
            if key == "train-run":
                value = next(run.id for run in folder.look_all() if run.name == value)
            if key not in app.session_state or key.endswith("section"):
                app.session_state[key] = tuple(run_ids()) if value == "all" else value
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception
    return app


def complaints(app: AppTest) -> list[str]:
    """What says that something was refused."""
    return [each.value for each in (*app.error, *app.toast, *app.warning) if "read-only" in each.value]


def press_all(view: str) -> list[str]:
    """Press each button of a view, and return what was refused."""
    app = opened(view)
    refused = complaints(app)
    for key in [button.key for button in app.button if not button.disabled]:
        if key not in [button.key for button in app.button] or app.button(key=key).disabled:
            app = opened(view)  # the last one has led away
        if key in [button.key for button in app.button]:
            app.button(key=key).click().run()
            assert not app.exception, key
            refused += [f"{key}: {complaint}" for complaint in complaints(app)]
    return refused


@pytest.mark.parametrize("view", VIEWS)
def test_each_page_is_drawn_and_each_button_left_on_it_works(view: str, served: Path, no_worker: list[str]) -> None:
    before = state(served)
    assert any("Read-only" in caption.value for caption in opened(view).sidebar.caption)
    assert press_all(view) == []
    assert state(served) == before
    assert set(no_worker) <= set(processes.ONLY_CACHES)


@pytest.mark.parametrize("view", [view for view in VIEWS if view != "home"])
def test_a_button_that_somebody_forgot_to_hide_is_refused(
    view: str, served: Path, no_worker: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "is_read_only", lambda: False)
    before = state(served)
    refused = press_all(view)
    assert state(served) == before
    assert set(no_worker) <= set(processes.ONLY_CACHES)
    assert refused or view in ONLY_SHOWS


@pytest.mark.parametrize(
    ("view", "gone"),
    [
        ("augment", {"recipe-save", "delete-saved:mild"}),
        ("train, a failed run", {"retry-", "retry-half-", "rename-do-", "delete-"}),
        ("train, a waiting run", {"stop-", "delete-", "rename-do-"}),
        ("train, a study", {"rename-study-", "delete-study-"}),
        ("compare, curves", {"compare-star", "compare-archive", "compare-delete", "compare-rename-"}),
        ("compare, models", {"compare-import-start", "use-", "compare-delete-"}),
        ("compare, evaluation", {"evaluate", "delete-evaluation-"}),
        ("predict", {"pin-", "unpin-", "delete-model-", "use-", "decline-"}),
        ("data", {"add-folder", "add-zip", "data-download", "disk-clean", "health-fix", "remove-", "delete-damaged-"}),
        ("data, findings", {"check-"}),
        ("data, manage", {"rename-", "copy-", "split-", "restore-", "export-", "remove-"}),
        ("teach", {"teach-with-dataset"}),
        ("teach, score", {"teach-rename-", "teach-remove-", "teach-copy-", "teach-camera-", "build-on-"}),
        ("teach, keep", {"teach-use-", "teach-delete-"}),
    ],
)
def test_buttons_that_change_something_are_gone(view: str, gone: set[str], served: Path) -> None:
    keys = {button.key for button in opened(view).button if button.key}
    assert not [key for key in keys if key.startswith(tuple(gone))]


def test_what_starts_a_run_is_disabled_and_says_why(served: Path) -> None:
    start = opened("train, a study").button(key="start-training")
    assert start.disabled
    assert start.help == "This server is read-only."
    both = opened("augment").button(key="lead-train-with-and-without")
    assert both.disabled
    assert both.help == "This server is read-only."
    assert not opened("augment").button(key="lead-train").disabled  # to see its form


def test_photos_are_augmented_and_predicted_and_put_right_on_the_page(served: Path) -> None:
    before = state(served)
    app = ask(page("predict"), a_png=colour(255, 0, 0), b_png=colour(0, 255, 0))
    assert "2 photos" in "\n".join(each.value for each in app.markdown)
    click(app, next(button.key for button in app.button if (button.key or "").startswith("open-")))
    click(app, next(button.key for button in app.button if (button.key or "").startswith("predict-right-button")))
    captions = [caption.value for caption in app.caption]
    assert "1 answer checked, on this page only." in captions
    assert not [button.key for button in app.button if (button.key or "").startswith("predict-keep")]
    assert state(served) == before


@pytest.mark.parametrize(
    ("view", "action"),
    [
        ("data, photos", "leave out"),
        ("data, photos", "class disc"),
        ("data, photos", "undo"),
        ("data, findings", "suggested UNREADABLE"),
        ("teach, label", "kind:disc"),
        ("teach, label", "undo"),
    ],
)
def test_an_act_that_the_browser_sends_all_the_same_is_refused(
    view: str, action: str, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tab that was open before the server was started anew still shows the old buttons."""
    before = state(served)
    photo = lesson.waiting(LESSON)[0].name if view.startswith("teach") else names()[2]
    sent = [[Act(action, (photo,))]]
    monkeypatch.setattr(grid, "take", lambda _: sent.pop() if sent else [])
    app = opened(view)
    assert not app.exception
    assert state(served) == before


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("train", {"settings": '{"dataset": "mine"}', "study": "dropout"}),
        ("train", {"study": "grid", "grid": "dropout = 0, 0.5"}),
        ("augment", {"recipe": '[{"transform": "rotation"}]', "photo": "mine/disc/1"}),
        ("teach", {"lesson": LESSON}),
        ("data", {"dataset": "mine"}),
        ("compare", {"section": "Models"}),
    ],
)
def test_a_deep_link_only_shows(name: str, query: dict[str, str], served: Path, no_worker: list[str]) -> None:
    before = state(served)
    app = page(name)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    assert complaints(app) == []
    assert (state(served), no_worker) == (before, [])


def test_a_lesson_that_has_changed_says_that_it_is_not_learned_here(
    served: Path, no_worker: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(limits.READ_ONLY.variable)
    gathering.add_photos(LESSON, "disc", photos("disc", range(6, 8)))
    monkeypatch.setenv(limits.READ_ONLY.variable, "1")
    app = opened("teach, score")
    assert any("this server is read-only" in info.value for info in app.info)
    assert no_worker == []


def test_a_wrong_value_shows_its_sentence_and_no_page(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.READ_ONLY.variable, "yes")
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert "must be 1 or 0, got 'yes'" in app.error[0].value
    assert not app.title


def test_without_the_setting_nothing_says_read_only(home: Path) -> None:
    app = page("train")
    assert not read_only.is_on()
    assert not any("Read-only" in caption.value for caption in app.sidebar.caption)
    assert not app.button(key="start-training").disabled
