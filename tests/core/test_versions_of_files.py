"""Values that are remembered until what they were made from changes."""

from core.files.versions import Latest


def test_a_value_is_made_again_for_another_stamp_only() -> None:
    made: list[str] = []

    def make(text: str) -> str:
        made.append(text)
        return text

    latest: Latest[str] = Latest(2)
    assert latest.get("a", 1, lambda: make("first")) == "first"
    assert latest.get("a", 1, lambda: make("never")) == "first"
    assert latest.get("a", 2, lambda: make("second")) == "second"
    assert made == ["first", "second"]


def test_what_was_stored_first_is_forgotten() -> None:
    latest: Latest[int] = Latest(2)
    for number in range(3):
        latest.get(number, None, lambda number=number: number)  # type: ignore[misc]
    assert latest.get(2, None, lambda: -1) == 2
    assert latest.get(0, None, lambda: -1) == -1


def test_nothing_is_a_value_too() -> None:
    latest: Latest[str | None] = Latest(2)
    assert latest.get("a", 1, lambda: None) is None
    assert latest.get("a", 1, lambda: "other") is None
