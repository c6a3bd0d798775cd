"""What is wrong with the settings of a run, as pydantic finds it, in sentences that people read."""

from collections.abc import Collection, Sequence
from typing import Any

from core import words
from core.files import records
from core.runs.fine_tuning import FineTune
from core.words import quoted

PLAIN = {  # pydantic's words, as people say them
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "be a valid string": "be text",
    "be a valid list": "be a list",
    "be a valid tuple": "be a list",
    "be a valid boolean, unable to interpret input": "be true or false",
    "be a valid boolean": "be true or false",
    "be a valid dictionary or instance of FineTune": "hold settings such as {}, or be null",
}
MOST_PROBLEMS, LONGEST_PROBLEMS = 5, 480  # in one error: sentences, and characters of them


def sentences(problems: Sequence[Any], fields: Collection[str]) -> str:
    """The sentences of as many problems as people read; there may be thousands. A newer version explains all others.

    `problems` are pydantic's; `fields` are the names of all settings.
    """
    problems = [problem for problem in problems if _is_newer(problem)] or problems
    lines = [_sentence(problem, fields) for problem in problems[:MOST_PROBLEMS]]
    while len(lines) > 1 and sum(map(len, lines)) > LONGEST_PROBLEMS:
        lines.pop()
    more = len(problems) - len(lines)
    return " ".join([*lines, f"And {words.count(more, 'more problem')}."] if more else lines)


def _sentence(problem: Any, fields: Collection[str]) -> str:
    """What is wrong with a setting, what was expected and what was given, in one sentence."""
    place = [str(part) for part in problem["loc"]]
    name = ".".join(place if place[:1] == ["fine_tune"] else place[:1]) or "The config"
    kind, value = problem["type"], problem["input"]
    if _is_newer(problem):
        return f"The file {records.newer(value, 1)}"
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    if kind == "extra_forbidden":
        names = FineTune.model_fields if "." in name else fields
        return f"There is no setting {quoted(name)}; the settings are: {', '.join(names)}."
    if kind == "missing":
        return f"The setting {name!r} is missing."
    if kind.startswith(("int_", "float_")):
        number = "a whole number" if kind.startswith("int_") else "a number"
        return f"{name} must be {number}, got {quoted(value)}."
    expected = problem["msg"].partition(" should ")[2]  # of "Input should be …", "String should have …"
    for pydantic, plain in PLAIN.items():
        expected = expected.replace(pydantic, plain)
    return f"{name} must {expected}, got {quoted(value)}."


def _is_newer(problem: Any) -> bool:
    return problem["loc"] == ("version",) and records.is_newer(problem["input"], 1)
