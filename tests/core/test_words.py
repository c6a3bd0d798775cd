"""Values and names from outside, as sentences hold them: never long, never odd."""

import pytest

from core import words


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
