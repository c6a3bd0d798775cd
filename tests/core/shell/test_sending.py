"""`python -m core tensorboard` and `mlflow`: what they print, and what they say without their libraries."""

import importlib.util
from pathlib import Path

import pytest

from core.sending import extras
from core.shell.main import main
from tests.ended import ended_run

FIRST, SECOND = (f"2026112{number}-161344-540000-19fb" for number in range(2))


@pytest.mark.parametrize(
    ("arguments", "library"), [(["tensorboard", "--out"], "tensorboard"), (["mlflow", "--uri"], "mlflow-skinny")]
)
def test_without_its_library_a_command_names_what_to_install(capsys, monkeypatch, tmp_path, arguments, library):
    monkeypatch.setattr(extras.Extra, "is_installed", False)
    ended_run(FIRST)
    assert main([*arguments, str(tmp_path / "new"), FIRST]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f'pip install "{library}>=' in line
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tensorboard", FIRST], "missing option '--out'"),
        (["mlflow", FIRST], "missing option '--uri'"),
        (["tensorboard", "--out", "new"], "missing argument"),
        (["tensorboard", "nothing", "--out", "new"], "There is no run or study 'nothing'"),
        (["mlflow", FIRST, "--uri", "ftp://there"], "The MLflow address must be a server"),
        (["mlflow", SECOND, "--uri", "new"], "'empty' is left out: it has no finished epoch."),
    ],
)
def test_what_can_t_be_done_is_one_line(capsys, monkeypatch, tmp_path, arguments, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    ended_run(FIRST)
    ended_run(SECOND, epochs=0, phase="failed", name="empty")
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="tensorboard is not installed (requirements-extras.txt)"
)
def test_event_files_of_a_study(capsys, tmp_path: Path):
    ended_run(FIRST, name="first", study="dropout-1")
    ended_run(SECOND, name="empty", study="dropout-1", epochs=0, phase="failed")
    assert main(["tensorboard", "dropout-1", "--out", str(tmp_path / "new")]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{tmp_path / 'new' / f'first ({FIRST})'}\n"
    assert printed.err.splitlines() == [
        "'empty' is left out: it has no finished epoch.",
        f'Open them: tensorboard --logdir "{tmp_path / "new"}"',
    ]
