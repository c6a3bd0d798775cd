"""The command line: any arguments, files and names give exit status 0 or 1, and lines that people can read."""

import contextlib
import io
from pathlib import Path
from random import Random
from unittest import mock

from benchmarks.fuzz import home, names, pictures, settings, stored, values, zips
from benchmarks.fuzz.trial import Kind, check_sentence
from core import workspace
from core.__main__ import main

Command = tuple[list[str], str, bytes]
"""The arguments, where FILE stands for a file, the ending of that file, and its content."""

PLAIN = (["runs"], ["runs", "--json"], ["data", "list"], ["disk"], [], ["--help"], ["data"], ["predict"])
WITH_NAME = (
    ["stop"], ["data", "check"], ["data", "remove"], ["evaluate"], ["evaluate", "colours", "--dataset"],
    ["evaluate", "colours", "--split"], ["runs", "--since"], ["train"], ["predict"], ["predict", "FILE", "--model"],
    ["data", "add", "third"], ["data", "add"], ["disk"], ["augment", "FILE", "--out", "OUT", "--recipe"],
)  # fmt: skip


def draw(random: Random) -> Command:
    """A command with its file."""
    roll = random.random()
    if roll < 0.1:
        return random.choice(PLAIN), "", b""
    if roll < 0.4:
        name = random.choice(names.NAMES) if random.random() < 0.4 else values.text(random)
        return [*random.choice(WITH_NAME), _argument(name)], ".jpg", pictures.draw_photo(random)
    if roll < 0.6:
        return (
            ["predict", "FILE", *random.choice(([], ["--json"]))],
            random.choice((".jpg", "", ".zip")),
            _photos(random),
        )
    if roll < 0.7:
        return ["data", "add", "third", "FILE"], ".zip", zips.draw_zip(random)
    config = settings.draw_text(random, settings.draw_config(random))
    if roll < 0.85:
        return ["train", "FILE"], ".json", config
    if roll < 0.92:
        return ["train", "FILE", "--grid", _argument(settings.draw_grid(random))[:100_000]], ".json", config
    recipe = settings.draw_text(random, settings.draw_recipe(random))
    numbers = [random.choice(("0", "1", "-1", "9" * 30, "x", "1e3", "9" * 5000)) for _ in range(2)]
    options = ["--seed", numbers[0], "--size", numbers[1]] if random.random() < 0.3 else ["--size", "16"]
    return ["augment", "PHOTO", "--recipe", "FILE", "--out", "OUT", *options], ".json", recipe


def _photos(random: Random) -> bytes:
    return pictures.draw_photo(random) if random.random() < 0.6 else zips.draw_zip(random)


def _argument(text: str) -> str:
    """The text as a system passes it to a program: without NUL, in UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _at_home(argument: str, folder: Path) -> str:
    """The argument, or the folder if it is a place on the machine outside the workspace.

    What lies there differs from machine to machine: `predict /` answers for all photos of the disk.
    """
    try:
        place = Path(argument).resolve()
        outside = place.is_dir() and not place.is_relative_to(workspace.home())
    except (OSError, ValueError, RuntimeError):
        return argument
    return str(folder) if outside else argument


def _use(command: Command) -> None:
    arguments, ending, content = command
    folder = workspace.home() / "own"
    folder.mkdir(exist_ok=True)
    places = {"FILE": folder / f"given{ending}", "PHOTO": folder / "photo.jpg", "OUT": folder / "out"}
    places["FILE"].write_bytes(content)
    places["PHOTO"].write_bytes(pictures.sound_photo())
    out, err = io.StringIO(), io.StringIO()
    try:
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch("core.files.processes.start", return_value=None),
        ):
            status = main([str(places.get(argument) or _at_home(argument, folder)) for argument in arguments])
    finally:
        home.copy(stored.sound(), workspace.home())
    assert status in (0, 1), status
    assert status == 0 or err.getvalue().strip() or out.getvalue().strip(), "failed without a word"
    for line in err.getvalue().splitlines():
        check_sentence(line or "empty line", pieces=2)


KINDS = (Kind("command", 3, draw, _use, stored.sound),)
