"""Shared by the tests of the command line: a dataset of plain colours, and a way to run a command."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.datasets import adding
from core.files import processes
from core.shell.main import main
from tests.conftest import encoded
from tests.fabricated import flat


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that a command would have started as processes."""
    calls: list[str] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: calls.append(module))
    return calls


@pytest.fixture
def colours(tmp_path: Path) -> str:
    """A dataset of single-colour photos, which the fabricated model knows. One photo is in the wrong class."""
    shades = {"red": (250, 9, 9), "green": (9, 250, 9), "blue": (9, 9, 250)}
    place = tmp_path / "photos"
    for number, split in enumerate(("train", "validation", "test")):
        for label, levels in shades.items():
            (place / split / label).mkdir(parents=True)
            for shade in range(2):
                pixels = flat(*levels) - np.uint8(2 * number + shade)
                (place / split / label / f"{shade}.png").write_bytes(encoded(pixels, "PNG"))
    (place / "test" / "red" / "not.png").write_bytes(encoded(flat(0, 0, 200), "PNG"))
    return adding.add_folder("own", place).name


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Run a command that must succeed, and return the lines that it printed."""

    def command(*arguments: object) -> list[str]:
        capsys.readouterr()
        assert main([str(argument) for argument in arguments]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out.splitlines()

    return command


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], io.StringIO]:
    """Make stdout and stderr one terminal, 80 letters wide, and return what is written to it.

    A function, since pytest puts its own streams back between a fixture and the test.
    """

    def replace() -> io.StringIO:
        stream = io.StringIO()
        stream.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("COLUMNS", "80")
        return stream

    return replace
