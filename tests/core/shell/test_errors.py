"""An error in the shell is one line on stderr, and the exit status is 1."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from core import workspace
from core.exporting.forms import FORMS
from core.runs import queue
from core.shell.main import main, use_utf8
from tests.conftest import encoded, picture
from tests.fabricated import saved_model


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colours: str) -> Path:
    """The current folder, with a photo, a recipe and some broken files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(encoded(picture(20, 20), "PNG"))
    (tmp_path / "recipe.json").write_text('[{"transform": "rotation", "rotation_range": 40}]')
    (tmp_path / "bad.json").write_text('[{"transform": "sepia"}]')
    (tmp_path / "half.json").write_text("[{")
    (tmp_path / "bad.zip").write_bytes(b"PK nothing")
    (tmp_path / "empty").mkdir()
    for name, text in {"nowhere": '{"dataset": "nowhere"}', "typo": '{"dataset": "own", "epoch": 3}',
                       "nan": '{"dataset": "own", "learning_rate": NaN}'}.items():  # fmt: skip
        (tmp_path / f"{name}.json").write_text(text)
    saved_model("colours")
    shutil.copytree(saved_model("stranger", labels=["pink", "black", "white"]), tmp_path / "damaged")
    (tmp_path / "damaged" / "head.npz").write_bytes(b"PK")
    return tmp_path


AUGMENT = "augment photo.png --out out --recipe"


ERRORS = (
    ("predict photo.png --model nobody", "'nobody'"),
    ("predict photo.png --model damaged", "damaged"),
    ("predict nothing.png --model colours", "nothing.png"),
    ("predict empty --model colours", "folder"),
    ("predict", "PHOTO"),
    ("augment nothing.png --recipe recipe.json --out out", "nothing.png"),
    (f"{AUGMENT} nothing.json", "nothing.json"),
    (f"{AUGMENT} empty", "empty"),
    (f"{AUGMENT} photo.png", "photo.png"),
    (f"{AUGMENT} bad.json", "'sepia'"),
    (f"{AUGMENT} half.json", "not valid JSON"),
    (f"{AUGMENT} recipe.json --count 0", "--count must be 1 or more, got 0."),
    (f"{AUGMENT} recipe.json --count some", "some"),
    (f"{AUGMENT} recipe.json --size 0", "--size must be 8 to 4096 px, got 0."),
    (f"{AUGMENT} recipe.json --size 1000000", "--size must be 8 to 4096 px, got 1000000."),
    ("augment photo.png --recipe recipe.json --out photo.png", "photo.png"),
    ("recipe recipe.json", "--code"),
    ("recipe recipe.json --code caffe", "There is no code for 'caffe'"),
    ("recipe nothing.json --code exact", "nothing.json"),
    ("recipe bad.json --code exact", "'sepia'"),
    ("recipe recipe.json --code exact --size 2", "--size must be 8 to 4096 px, got 2."),
    ("recipe recipe.json --code exact --out nowhere/code.py", "The folder nowhere does not exist."),
    ("data add Own photos", "'Own'"),
    ("data add own photos", "'own'"),
    ("data add new nothing", "nothing"),
    ("data add new empty", "train"),
    ("data add new bad.zip", "zip"),
    ("data check nobody", "'nobody'"),
    ("data", "ACTION"),
    ("train nothing.json", "nothing.json"),
    ("train half.json", "not valid JSON"),
    ("train recipe.json", "must hold a JSON object"),
    ("train nowhere.json", "'nowhere'"),
    ("train typo.json", "'epoch'"),
    ("train nan.json", "learning_rate"),
    ("stop nobody", "'nobody'"),
    ("evaluate nobody", "'nobody'"),
    ("evaluate best --dataset shoes", "'shoes'"),
    ("evaluate colours --dataset nobody", "'nobody'"),
    ("evaluate stranger", "'blue'"),  # it knows none of the classes
    ("evaluate colours --split tests", "tests"),
    ("evaluate damaged", "damaged"),
    ("export nobody --format keras", "'nobody'"),
    ("export colours --format keras --out nothing/x.keras", "nothing"),
    ("export colours --format pickle", "pickle"),
    ("fly", "fly"),
    ("", "COMMAND"),
)


def test_an_error_is_one_line_and_status_1(place, capsys):
    before = set(place.rglob("*"))
    for command, words in ERRORS:
        status = main(command.split())
        printed = capsys.readouterr()
        assert status == 1, command
        assert printed.out == "", command
        assert printed.err.count("\n") == 1, f"{command}: {printed.err}"
        assert words in printed.err, command
        assert "Traceback" not in printed.err, command
        assert [path for path in place.rglob("*") if path not in before and path.name != "out"] == [], command


def test_wrong_usage_names_the_command_and_the_way_to_its_help(capsys):
    for command, line in {
        "": "python -m core: COMMAND must be one of augment, compare, data, disk, doctor, evaluate, export, import, "
        "mlflow, notebook, predict, recipe, report, runs, search, stop, teach, tensorboard, train, got none; "
        "--help tells more.",
        "data": "python -m core data: ACTION must be one of add, check, copy, download, export, list, remove, "
        "rename, review, split, got none; "
        "--help tells more.",
        "fly": "python -m core: no such command 'fly'; --help tells more.",
        "data add new": "python -m core data add: missing argument 'FOLDER_OR_ZIP'; --help tells more.",
        "runs --jsn": "python -m core runs: no such option '--jsn'. Did you mean '--json'? --help tells more.",
        "stop a b": "python -m core stop: got unexpected extra argument (b); --help tells more.",
        "export m": f"python -m core export: missing option '--format'. Choose from: {', '.join(FORMS)}; --help tells "
        "more.",
    }.items():
        assert main(command.split()) == 1, command
        assert capsys.readouterr().err == line + "\n", command


def test_an_interruption_from_outside_is_one_line_or_none(monkeypatch, capsys):
    for error, line in (
        (KeyboardInterrupt(), "interrupted\n"),
        (BrokenPipeError(), ""),
        (
            PermissionError(13, "Permission denied", "run.json"),
            "This program may not use run.json. Change its permissions.\n",
        ),
        (OSError("no luck"), "The system: no luck\n"),
    ):
        monkeypatch.setattr(queue, "stop", Mock(side_effect=error))
        assert main(["stop", "run"]) == 1
        assert capsys.readouterr().err == line


def test_no_model_at_all_says_how_to_get_one(place, capsys):
    shutil.rmtree(workspace.models())
    for command in ("predict photo.png", "evaluate best"):
        assert main(command.split()) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "no saved model yet" in line


def core(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python -m core` as a process with an ASCII locale."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run([sys.executable, "-m", "core", *arguments], cwd=workspace.PROJECT, env=environment,
                          text=True, encoding="utf-8", timeout=60, check=False, **streams)  # fmt: skip


def test_as_a_process(place):
    (place / "photo.png").rename(place / "blusé €.png")
    good = core("predict", "--json", "--model", "colours", str(place / "blusé €.png"))
    assert (good.returncode, len(good.stdout.splitlines())) == (0, 1), good.stderr
    assert "answers" in json.loads(good.stdout)
    assert "blusé €.png" in good.stdout
    bad = core("stop", "nobody")
    assert (bad.returncode, bad.stdout, len(bad.stderr.splitlines())) == (1, "", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end differently there")
def test_a_closed_pipe_is_no_error_message():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = core("data", "list", stdout=pipe)
    assert (done.returncode, done.stderr) == (1, "")


def test_half_a_letter_is_printed_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    use_utf8()
    print("é\udce9", end="", flush=True)
    assert stream.buffer.getvalue() == b"\xc3\xa9\\udce9"
