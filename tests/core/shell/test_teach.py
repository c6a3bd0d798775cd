"""`python -m core teach`: a model from folders of photos."""

import json

import pytest

from core.answering import shelf
from core.shell.main import main
from core.teaching import lesson
from tests.conftest import TINY_CLASSES, draw_classes


def test_folders_of_kinds_become_a_model(run, tmp_path):
    draw_classes(tmp_path / "My Toys", 5)
    lines = run("teach", tmp_path / "My Toys")
    assert lines[0].startswith("my-toys: right on ")
    assert any(line.startswith("  disc ") for line in lines)
    assert shelf.model("my-toys").labels == TINY_CLASSES
    assert lesson.names() == ["my-toys"]


def test_the_same_command_again_adds_nothing_twice(run, tmp_path):
    draw_classes(tmp_path / "toys", 4)
    first = json.loads("".join(run("teach", tmp_path / "toys", "--json")))
    again = json.loads("".join(run("teach", tmp_path / "toys", "--json")))
    assert (first["count"], again["count"]) == (12, 12)
    assert again["model"] == first["model"] == "toys"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("toys",), "a model needs two kinds with three photos each"),
        (("none",), "There is no folder"),
        (("toys", "--base", "x"), "There is no saved model 'x'"),
    ],
)
def test_what_can_not_be_taught_is_a_sentence(capsys, tmp_path, arguments, sentence):
    draw_classes(tmp_path / "toys", 2)
    folder, *rest = arguments
    assert main(["teach", str(tmp_path / folder), *rest]) == 1
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.out == ""
