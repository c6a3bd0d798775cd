"""Many answers as one table: with doubts at the chosen caution, counted, filtered, sorted, and as CSV and JSON."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from core.answering.classifier import Answer
from core.answering.doubt import Doubt

COLUMNS = (
    "file", "answer", "probability", "second", "unsure", "reason", "use", "doubt", "second_probability", "error",
    "corrected", "one_of",
)  # fmt: skip
CHECK, NO_CLASS = "check", "none"  # instead of a doubted answer in the column `use`
NAMED = (Doubt.NONE, Doubt.CLOSE)  # doubts with which an answer still counts for its class
FORMULA = tuple("=+-@＝＋－＠\t\r")  # a spreadsheet runs a cell that starts with one of these (OWASP, "CSV Injection")
BOM = "\ufeff"  # without it Excel reads UTF-8 as the system's old code page
ORDERS = ("given", "name", "surest", "least sure")
NOTHING_CORRECTED: Mapping[int, str] = {}
Sets = Callable[[Answer], tuple[str, ...]]
"""Gives the labels of which one is right."""


class Prediction(Protocol):
    """A photo and its answer, or the reason why there is none."""

    @property
    def name(self) -> str: ...
    @property
    def answer(self) -> Answer | None: ...
    @property
    def error(self) -> str: ...


@dataclass(frozen=True)
class Result:
    """A photo with its answer and the doubt about it, at the chosen caution."""

    place: int  # in the original order
    name: str
    answer: Answer | None
    kind: Doubt
    error: str  # why there is no answer; empty if there is one
    corrected: str | None = None  # the class that a person said; empty: none of the classes; None: nobody said anything
    one_of: tuple[str, ...] = ()  # labels of which one is right, at the chosen certainty; empty if there is no such set

    @property
    def reason(self) -> str:
        """Why to doubt the answer, in a sentence; empty if there is no doubt."""
        return self.kind.sentence if self.corrected is None else ""

    @property
    def label(self) -> str:
        """The class that a person said, or else the answer's label; empty without an answer."""
        if self.corrected:
            return self.corrected
        return self.answer.label if self.answer else ""

    @property
    def use(self) -> str:
        """The label if there is no doubt, else *check* (a close answer) or *none*; empty without an answer.

        What a person said is not in doubt.
        """
        if self.answer is None or self.kind is Doubt.NONE:
            return self.label
        return _unlike_labels(NO_CLASS if self.kind is Doubt.UNLIKE else CHECK, self.answer)


def _unlike_labels(word: str, answer: Answer) -> str:
    """The word, in brackets if one of the model's classes is called so."""
    return f"({word})" if word in {label for label, _ in answer.probabilities} else word


def results(
    predictions: Iterable[Prediction],
    doubts: Callable[[Answer], Doubt] | None = None,
    corrected: Mapping[int, str] = NOTHING_CORRECTED,
    sets: Sets | None = None,
) -> Iterator[Result]:
    """Yield a result for each prediction, with the doubt from `doubts`, or at the model's usual caution.

    `corrected` has the class that a person said, by place; an empty text is none of the classes. What is
    probably none of the classes has no set.
    """
    for place, prediction in enumerate(predictions):
        answer, said = prediction.answer, corrected.get(place)
        doubt = Doubt.UNREAD if answer is None else answer.doubt if doubts is None else doubts(answer)
        if answer is not None and said is not None:
            doubt = Doubt.NONE if said else Doubt.UNLIKE
        has_set = answer is not None and said is None and doubt is not Doubt.UNLIKE
        one_of = sets(answer) if sets is not None and answer is not None and has_set else ()
        yield Result(place, prediction.name, answer, doubt, prediction.error, said if answer else None, one_of)


def kinds(photos: Iterable[Result]) -> Counter[Doubt]:
    """The number of photos with each kind of doubt."""
    return Counter(photo.kind for photo in photos)


def labels(photos: Iterable[Result]) -> Counter[str]:
    """The number of photos with each answer, sure or not sure, without those that are probably none of these."""
    return Counter(photo.label for photo in photos if photo.kind in NAMED)


def filtered(photos: Iterable[Result], answers: Collection[str] = (), kind: Doubt | None = None) -> list[Result]:
    """The photos with one of these answers and this kind of doubt. Empty `answers` or None match all."""
    return [
        photo
        for photo in photos
        if (kind is None or photo.kind is kind) and (not answers or (photo.label in answers and photo.kind in NAMED))
    ]


def sorted_results(photos: Iterable[Result], order: str) -> list[Result]:
    """The photos in one of ORDERS. Those that are probably none of these count as least sure; unread photos come last.

    Raises ValueError for another order.
    """
    if order == "given":
        return sorted(photos, key=lambda photo: photo.place)
    if order == "name":
        return sorted(photos, key=lambda photo: (photo.name.casefold(), photo.place))
    if order not in ORDERS:
        raise ValueError(f"order must be one of {ORDERS}, got {order!r}")
    sign = -1 if order == "surest" else 1

    def rank(photo: Result) -> tuple[bool, int, float, int]:
        if photo.answer is None:
            return True, 0, 0.0, photo.place
        return False, sign * (photo.kind is not Doubt.UNLIKE), sign * photo.answer.probability, photo.place

    return sorted(photos, key=rank)


def row(photo: Result) -> dict[str, Any]:
    """One photo as a row with all COLUMNS; missing values are None."""
    empty = dict.fromkeys(COLUMNS)
    if photo.answer is None:
        return {**empty, "file": photo.name, "error": photo.error}
    second = photo.answer.probabilities[1:2]
    return {
        **empty,
        "file": photo.name,
        "answer": photo.answer.label,
        "probability": round(photo.answer.probability, 4),
        "second": second[0][0] if second else None,
        "unsure": photo.kind is not Doubt.NONE and photo.corrected is None,
        "reason": photo.reason,
        "use": photo.use,
        "doubt": photo.kind.column if photo.corrected is None else "",
        "second_probability": round(second[0][1], 4) if second else None,
        "corrected": photo.use if photo.corrected is not None else None,
        "one_of": list(photo.one_of) or None,
    }


def as_csv(photos: Iterable[Result]) -> Iterator[str]:
    """Yield the table as the text of a CSV file, row by row, header first.

    Write it as UTF-8 with unchanged line ends; it includes the BOM. No spreadsheet takes a cell for a formula.
    """
    yield BOM + csv_line(COLUMNS)
    for photo in photos:
        yield csv_line(row(photo).values())


def as_json(photos: Iterable[Result]) -> str:
    """The table as a JSON list of objects, with unchanged names."""
    return json.dumps([row(photo) for photo in photos], ensure_ascii=False, indent=2)


def csv_line(values: Iterable[Any]) -> str:
    """A row of a CSV file, of which no spreadsheet takes a cell for a formula. None is an empty cell."""
    file = io.StringIO()
    csv.writer(file).writerow([_cell(value) for value in values])
    return file.getvalue()


def as_text(value: Any) -> Any:
    """A list of labels as the text of a cell; anything else unchanged."""
    return "; ".join(value) if isinstance(value, list) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    value = as_text(value)
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return str(value)
