"""What `--help` says, and that the README's commands are the shell's."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from core import words, workspace
from core.augment.code.targets import TARGETS
from core.datasets import offered
from core.runs import studies
from core.shell.main import PROGRAM, main, shell

README = Path(__file__).parents[3] / "README.md"
HEAVY = ("numpy", "cv2", "PIL", "pydantic", "httpx", "filelock", "ai_edge_litert")
COMMANDS = {
    "", "augment", "compare", "data", "data add", "data check", "data copy", "data download", "data export",
    "data list", "data remove", "data rename", "data review", "data split", "disk", "doctor",
    "evaluate", "export", "import", "mlflow", "notebook", "predict", "recipe", "report", "runs", "search", "stop",
    "teach", "tensorboard", "train",
}  # fmt: skip


def commands(
    command: click.Command = shell, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, part in command.commands.items():
            yield from commands(part, (*path, name))


def test_every_command_has_help(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert {" ".join(path) for path, _ in commands()} == COMMANDS
    for path, command in commands():
        assert main([*path, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"Usage: {' '.join((PROGRAM, *path))} ")
        assert main([*path, "-h"]) == 0
        assert capsys.readouterr().out == text
        lines = [line.strip() for line in text.splitlines()]
        assert (command.help or "").splitlines()[0] in lines, path
        for parameter in command.params:
            assert re.match(r"[A-Z].*[.\]]$|cpu, ", parameter.help or ""), (path, parameter.name)  # a sentence
            assert parameter.make_metavar(click.Context(command)) in text or parameter.opts[0] in text
        for name, part in getattr(command, "commands", {}).items():
            sentence = (part.help or "").splitlines()[0]
            assert any(line.startswith(f"{name} ") and line.endswith(f"  {sentence}") for line in lines), sentence


def test_help_names_what_the_code_knows(capsys):
    assert main(["train", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in (*studies.STUDIES, *studies.OF_THE_RECIPE))
    assert main(["recipe", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(key in text for key in TARGETS)
    assert main(["data", "download", "--help"]) == 0
    assert f"({words.size(offered.ZIP_BYTES)})" in capsys.readouterr().out


def test_help_answers_at_once():
    code = "import sys; from core.shell.main import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=workspace.PROJECT, capture_output=True, text=True,
                          timeout=60, check=True)  # fmt: skip
    modules = done.stdout.splitlines()[-1].split()
    assert "core.shell.predict" in modules
    assert not set(HEAVY) & set(modules)


def test_the_commands_of_the_readme_are_those_of_the_shell(monkeypatch):
    text = README.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    lines = re.findall(rf"^{PROGRAM} .*", blocks, re.MULTILINE) + re.findall(rf"`({PROGRAM} [^`]+)`", text)
    called = []

    def invoke(command: click.Command, context: click.Context) -> None:
        if not isinstance(command, click.Group):
            called.append(context.command_path)

    monkeypatch.setattr(click.Command, "invoke", invoke)
    for line in lines:
        assert main(shlex.split(line, comments=True)[3:]) == 0, line
    assert len(called) == len(lines) >= 13
    data = {f"data {action}" for action in ("add", "check", "review", "split", "export")}
    used = {
        *data,
        "train",
        "runs",
        "evaluate",
        "predict",
        "export",
        "disk",
        "doctor",
        "augment",
        "teach",
        "report",
        "compare",
        "import",
        "recipe",
        "notebook",
        "search",
    }
    assert {f"{PROGRAM} {name}" for name in used} == set(called)


@pytest.mark.parametrize("line", ["train run.json --sudy dropout", "data ad clothing photos", "predict"])
def test_a_readme_with_a_wrong_command_would_be_noticed(line, monkeypatch):
    monkeypatch.setattr(click.Command, "invoke", lambda self, context: None)
    assert main(line.split()) == 1
