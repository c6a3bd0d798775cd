"""Values and names from outside, as sentences hold them: never long, never odd."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from core import words


@pytest.fixture
def central_europe(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the clock of this process to Central European time, which is an hour or two ahead of UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("2026-07-01T12:30:00+00:00", datetime(2026, 7, 1, 14, 30)),
        ("2026-07-01T14:30:00+02:00", datetime(2026, 7, 1, 14, 30)),
        ("2026-07-01T14:30:00", datetime(2026, 7, 1, 14, 30)),
        ("0001-01-01T00:00:00+12:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
@pytest.mark.usefixtures("central_europe")
def test_a_moment_is_the_time_of_this_machine(date: str, shown: datetime | None) -> None:
    assert words.moment(date) == shown


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("own", "'own'"),
        (0.5, "0.5"),
        (None, "None"),
        ("a\nb\x1b[31m\0", "'a\\nb\\x1b[31m\\x00'"),
        ("\ud800", "'\\ud800'"),
        ([1, "a"], "[1, 'a']"),
        (10**5000, "a value that is too long to print"),
    ],
    ids=["text", "number", "none", "odd signs", "half a sign", "list", "digits"],
)
def test_a_value_is_quoted_on_one_line(value: object, quoted: str) -> None:
    assert words.quoted(value) == quoted


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, [0] * 10**5, {"a": "x" * 500}, 10**300, b"x" * 500],
    ids=["text", "list", "dict", "number", "bytes"],
)
def test_a_long_value_is_cut(value: object) -> None:
    assert len(words.quoted(value)) == words.LONGEST_QUOTE + 1
    assert words.quoted(value).endswith("…")


def test_endless_brackets_are_not_printed() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert words.quoted(value) == "a value that is too long to print"


def test_many_names_are_counted_instead_of_listed() -> None:
    assert words.listed(["a", "b"]) == "a, b"
    assert words.listed([]) == ""
    assert words.listed(["x" * 5000, "a\nb\x1b[31m\ud800"]) == f"{'x' * 60}…, a?b?[31m?"
    assert words.listed(map(str, range(1009))) == "0, 1, 2, 3, 4, 5, 6, 7 and 1,001 more"


def test_the_first_line_of_another_library_s_error_fits_into_a_sentence():
    assert words.first_line(ValueError("\n No such\x07 layer\nTraceback of the library\n")) == "No such? layer"
    assert words.first_line(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("parts", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_parts_are_joined_as_in_a_sentence(parts: list[str], text: str) -> None:
    assert words.joined(parts) == text
