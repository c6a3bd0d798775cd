"""Other tools on Compare: what the popover offers, what it starts, and what became of it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.files import records
from core.files.background import Status
from core.sending import addresses, delivery, extras
from core.sending.delivery import Delivery
from core.sending.extras import MLFLOW, TENSORBOARD, Extra
from pages.frame import access, markdown
from tests.ended import ended_run
from tests.pages.conftest import key_of

FIRST, SECOND = (f"2026112{number}-161344-540000-19fb" for number in range(2))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras.Extra, "is_installed", True)


@pytest.fixture(autouse=True)
def no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(addresses.VARIABLE, raising=False)


def script() -> None:
    from core.runs.folder import look_all
    from pages.comparing import sending

    sending.show(look_all())


def opened(draw: Callable[[], None] = script) -> AppTest:
    """The popover, opened."""
    app = AppTest.from_function(draw, default_timeout=30)
    app.session_state["compare-sending"] = True
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in (*app.caption, *app.markdown, *app.error))


def test_closed_it_looks_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ended_run(FIRST)
    monkeypatch.setattr(extras.Extra, "is_installed", property(lambda self: pytest.fail("looked for a library")))
    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    assert not app.button


def test_without_the_libraries_it_says_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras.Extra, "is_installed", False)
    ended_run(FIRST)
    app = opened()
    assert [code.value for code in app.code] == [TENSORBOARD.command, MLFLOW.command]
    assert not app.button


def test_runs_that_can_t_go_are_named(installed: None) -> None:
    ended_run(FIRST)
    ended_run(SECOND, epochs=0, phase="failed", name="*empty*")
    app = opened()
    assert markdown.plain("'*empty*' is left out: it has no finished epoch.") in texts(app)
    assert [button.label for button in app.button] == ["Write the files of 1 run", "Log 1 run"]


def test_event_files_are_written_in_a_process_of_its_own(installed: None, no_worker: list[str]) -> None:
    ended_run(FIRST)
    opened().button(key="compare-tensorboard").click().run()
    assert no_worker == ["core.sending.delivery"]
    status = delivery.status(TENSORBOARD)
    assert status is not None
    assert status.running
    app = opened()
    assert app.button(key="compare-tensorboard").disabled
    assert not app.button(key="compare-mlflow").disabled


def test_mlflow_needs_an_address(installed: None, no_worker: list[str]) -> None:
    ended_run(FIRST)
    app = opened()
    app.button(key="compare-mlflow").click().run()
    assert [toast.value for toast in app.toast] == [
        markdown.plain("Type the address of MLflow, such as http://127.0.0.1:5000.")
    ]
    app.text_input(key=key_of(app, "compare-mlflow-address")).set_value("https://me:secret@there").run()
    app.button(key="compare-mlflow").click().run()
    assert "must not hold a name or password" in app.toast[0].value
    assert no_worker == []
    app.text_input(key=key_of(app, "compare-mlflow-address")).set_value("http://127.0.0.1:5000").run()
    app.button(key="compare-mlflow").click().run()
    assert not app.exception
    assert no_worker == ["core.sending.delivery"]


def test_a_shared_server_sends_runs_only_where_its_setting_says(
    installed: None, no_worker: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended_run(FIRST)
    monkeypatch.setattr(access, "is_shared", lambda: True)
    app = opened()
    assert "MLFLOW\\_TRACKING\\_URI says. It is not set." in texts(app)
    assert [button.key for button in app.button] == ["compare-tensorboard"]
    monkeypatch.setenv(addresses.VARIABLE, "http://me:secret@own:5000")
    assert "secret" not in texts(opened())
    monkeypatch.setenv(addresses.VARIABLE, "http://own:5000")
    app = opened()
    assert [field.label for field in app.text_input] == ["Experiment"]
    app.button(key="compare-mlflow").click().run()
    assert no_worker == ["core.sending.delivery"]


def finished(tool: Extra, place: str, *sentences: str) -> None:
    """Write what a delivery leaves at its end."""
    work = delivery._work(tool)
    work.file.parent.mkdir(parents=True, exist_ok=True)
    records.write(work.file, Status(share=1.0, words="done"))
    record = Delivery(date="2026-11-28T12:00:00+00:00", place=place, sentences=sentences)
    records.write(delivery._record(tool), record)


def test_it_says_what_became_of_the_last_runs_and_how_to_open_them(installed: None) -> None:
    ended_run(FIRST)
    finished(TENSORBOARD, str(delivery.event_files()), "1 run has event files.")
    finished(MLFLOW, "http://127.0.0.1:5000", "1 run was logged: a.")
    app = opened()
    files = f"28 Nov 2026, 12:00. 1 run has event files. They are in {delivery.event_files()}."
    assert markdown.plain(files) in texts(app)
    logged = "28 Nov 2026, 12:00. 1 run was logged: a. They are in http://127.0.0.1:5000."
    assert markdown.plain(logged) in texts(app)
    assert [code.value for code in app.code] == [f'tensorboard --logdir "{delivery.event_files()}"']
    finished(MLFLOW, "sqlite:////home/me/mlflow.db")
    assert 'mlflow server --backend-store-uri "sqlite:////home/me/mlflow.db"' in [code.value for code in opened().code]


def test_a_failure_is_a_sentence(installed: None) -> None:
    ended_run(FIRST)
    finished(MLFLOW, "http://127.0.0.1:5000", "1 run was logged: a.")
    records.write(delivery._work(MLFLOW).file, Status(words="failed", error="The MLflow server can't be reached."))
    app = opened()
    assert [error.value for error in app.error] == ["The MLflow server can't be reached."]
    assert "1 run was logged" not in texts(app)
