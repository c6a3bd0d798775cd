"""What a page does with damaged files, a full disk, a foreign name in the address and a shared server."""

import errno
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import workspace
from core.answering import shelf
from core.datasets import catalogue
from core.files import atomic, leftovers
from core.runs import folder
from core.serving import limits, login
from pages.frame import access
from tests.conftest import TINY_CLASSES
from tests.fabricated import saved_model
from tests.pages.conftest import colour, page
from tests.pages.predicting import ask
from tests.pages.steering import put

APP = str(Path(__file__).parents[2] / "app.py")


def texts(app: AppTest) -> str:
    return "\n".join(
        element.value for kind in ("markdown", "error", "caption", "info") for element in getattr(app, kind)
    )


def damaged_run() -> str:
    run_id = put(catalogue.DRAWN, {"phase": "done"})
    (workspace.runs() / run_id / "status.json").write_text('{"phase": []}')
    return run_id


@pytest.mark.parametrize("name", ["home", "train", "compare", "predict", "data"])
def test_a_damaged_file_of_each_kind_breaks_no_page(name: str) -> None:
    damaged_run()
    (saved_model("odd") / "card.json").write_text("[]")
    for folder_, file in ((workspace.datasets() / "odd", "dataset.json"), (workspace.recipes(), "odd.json")):
        folder_.mkdir(parents=True)
        (folder_ / file).write_text("[[")
    app = page(name)
    assert not app.exception


@pytest.mark.parametrize("others", [0, 1])
def test_train_lists_a_damaged_run_and_deletes_it(others: int) -> None:
    for _ in range(others):
        put(catalogue.DRAWN, {"phase": "done"})
    run_id = damaged_run()
    app = page("train")
    assert any(expander.label == "1 run can't be used" for expander in app.expander)
    assert "phase must be" in texts(app)
    app.button(key=f"delete-damaged-run-{run_id}").click().run()
    assert not app.exception
    assert not (workspace.runs() / run_id).exists()
    assert not any("can't be used" in expander.label for expander in app.expander)
    assert len(folder.look_all()) == others


def test_predict_lists_a_damaged_model() -> None:
    saved_model("good")
    (saved_model("odd") / "head.npz").unlink()
    app = page("predict")
    assert "head.npz is missing" in texts(app).replace("\\", "")
    app.button(key="delete-damaged-model-odd").click().run()
    assert shelf.damaged() == []


def test_a_damaged_dataset_can_be_removed_on_its_own() -> None:
    place = workspace.datasets() / "mine"
    place.mkdir(parents=True)
    atomic.write_json(place / "dataset.json", {"folder": "/not/there"})
    app = page("data")
    assert "There is no folder /not/there" in texts(app)
    app.button(key="remove-mine").click().run()
    assert not place.exists()


def test_data_examines_everything_and_mends_what_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "STILL", 0.0)
    half = atomic.temporary_name(workspace.models() / "mine")
    half.mkdir(parents=True)
    monkeypatch.setattr(leftovers.find, "__defaults__", (0.0,))
    app = page("data")
    app.button(key="health-examine").click().run()
    assert "half-written" in texts(app)
    assert "Python" in texts(app)
    app.button(key="health-fix").click().run()
    assert not app.exception
    assert not half.exists()
    assert "half-written" not in texts(app)


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only")])
@pytest.mark.parametrize("name", ["augment", "train", "data"])
def test_a_disk_that_takes_nothing_is_a_sentence_before_the_garments_are_drawn(
    name: str, number: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *rest: object, **options: object) -> None:
        raise OSError(number, "no", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    app = page(name)
    assert not app.exception
    if name != "data":  # which draws the garments only when they are wanted
        assert words in texts(app)


# A shared server


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.PASSWORD, "tweed jacket")
    monkeypatch.setattr(login, "PAUSE", 0.0)


def opened(monkeypatch: pytest.MonkeyPatch, host: str = "localhost:8501", user: str = "", **cookies: str) -> AppTest:
    headers = {"Host": host, **({"X-Forwarded-User": user} if user else {})}
    context = SimpleNamespace(headers=headers, cookies=cookies, theme=SimpleNamespace(type="light"), url=None)
    monkeypatch.setattr(st, "context", context)
    return AppTest.from_file(APP, default_timeout=60).run()


def test_a_foreign_name_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch, "evil.example:8501")
    assert "not a name of this machine" in app.error[0].value
    assert not app.title


def test_ones_own_machine_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch)
    assert app.title
    assert not app.text_input


def test_a_shared_server_asks_for_its_password(shared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch)
    assert not app.title
    app.text_input(key="log-in-password").input("tweed")
    app.button[0].click().run()
    assert "not the password" in app.error[0].value
    assert not app.title
    app.text_input(key="log-in-password").input("tweed jacket")
    app.button[0].click().run()
    assert not app.exception
    assert app.title


def test_a_reload_does_not_ask_again(shared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(monkeypatch, **{login.COOKIE: login.token("ab12")}).title
    assert not opened(monkeypatch, **{login.COOKIE: "0" * 64}).title
    assert not opened(monkeypatch, **{login.COOKIE: f"other.{login.token('ab12').partition('.')[2]}"}).title


def test_who_has_logged_in_at_the_proxy_needs_no_password(shared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not opened(monkeypatch, user="ann").title  # a header that nobody has asked for
    monkeypatch.setenv(limits.USER_HEADER, "X-Forwarded-User")
    assert opened(monkeypatch, user="ann").title
    assert not opened(monkeypatch).title
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)
    assert not opened(monkeypatch, user="ann").title


def test_each_person_has_a_queue_of_their_own(shared: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_QUEUE_EACH", "1")
    for browser in ("ab12", "cd34"):
        app = opened(monkeypatch, **{login.COOKIE: login.token(browser)})
        app.switch_page("pages/train.py").run()
        start = app.button(key="start-training")
        start.click().run()
        assert not app.exception
        app.button(key="start-training").click().run()
        assert "You must have at most 1 run in the queue, got 2" in texts(app)
    assert len(folder.look_all()) == 2


def test_a_shared_server_shows_no_foreign_folder(tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "is_shared", lambda: True)
    monkeypatch.setattr(access, "is_granted", lambda: True)
    monkeypatch.setattr(access, "remember", lambda: None)
    app = page("data")
    app.text_input(key="data-folder").input(str(tiny_dataset)).run()
    app.button(key="add-folder").click().run()
    assert "does not allow" in texts(app)
    assert not any(label in texts(app) for label in TINY_CLASSES)
    monkeypatch.setenv(limits.FOLDERS, str(tiny_dataset.parent))
    app.button(key="add-folder").click().run()
    assert "is ready" in app.success[0].value


def test_the_queue_s_limit_is_a_sentence_on_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_QUEUE", "1")
    put(catalogue.DRAWN)
    app = page("train")
    app.button(key="start-training").click().run()
    assert "at most 1 run" in texts(app)
    assert len(folder.look_all()) == 1


def test_the_workspace_s_limit_is_a_sentence_on_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_DISK_GB", "1e-9")
    saved_model("colours")
    app = page("train")
    app.button(key="start-training").click().run()
    assert "The workspace must take at most" in texts(app)
    assert folder.look_all() == []


def test_photos_beyond_the_server_s_memory_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    saved_model("colours")
    monkeypatch.setenv("FITTING_ROOM_MEMORY_GB", "0.001")
    app = ask(page("predict"), a_png=colour(255, 0, 0))
    assert any("no memory left" in warning.value for warning in app.warning)


def test_access_is_open_where_nothing_is_shared() -> None:
    assert access.is_shared() is False
