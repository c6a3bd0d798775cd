"""Waiting for a process: its progress, and one sentence when it fails."""

import os
import textwrap
from pathlib import Path

import pytest

from core.errors import ModelError
from core.files import waiting


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write the module `stand_in` that a process can run."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(code: str) -> str:
        (tmp_path / "stand_in.py").write_text(textwrap.dedent(code), encoding="utf-8")
        return "stand_in"

    return write


def test_a_process_gets_its_arguments_and_reports_how_far_it_is(module):
    name = module(
        """
        import os, sys
        print("chatter of a library")
        print("0.5 Halfway — ½")
        print("7 Far too much\\x1b[1m")
        print("0.75", *sys.argv[1:], os.environ["KERAS_BACKEND"])
        """
    )
    reports: list[tuple[float, str]] = []
    waiting.run(name, ["a", "ö"], lambda share, words: reports.append((share, words)))
    assert reports == [(0.5, "Halfway — ½"), (1.0, "Far too much?[1m"), (0.75, "a ö tensorflow")]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import sys; print('I0000 chatter', file=sys.stderr); sys.exit('The sentence.')", "The sentence."),
        ("1 / 0", "It did not work (ZeroDivisionError: division by zero)."),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "It did not work (its process ended with status -9, perhaps for lack of memory).",
        ),
    ],
    ids=["sentence", "traceback", "killed"],
)
def test_a_process_that_fails_ends_in_one_sentence(module, code, sentence):
    with pytest.raises(ModelError) as failed:
        waiting.run(module(code), [], lambda share, words: None)
    assert str(failed.value) == sentence


def test_a_process_ends_when_nobody_waits_for_it_any_more(module):
    name = module("import os, time; print('0.1', os.getpid()); time.sleep(60)")
    pids: list[int] = []

    def interrupted(share: float, words: str) -> None:
        pids.append(int(words))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        waiting.run(name, ["a", "ö"], interrupted)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
