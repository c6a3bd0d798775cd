"""Many answers as one table: judged at a caution, counted, picked out, sorted, and written as CSV and JSON."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from core.answering.classifier import Answer
from core.answering.doubt import Doubt

COLUMNS = ("file", "answer", "probability", "second", "unsure", "reason", "doubt", "second_probability", "error")
NAMED = (Doubt.NONE, Doubt.CLOSE)  # doubts with which an answer still counts for its class
FORMULA = tuple("=+-@＝＋－＠\t\r")  # a spreadsheet runs a cell that begins so (OWASP, "CSV Injection")
BOM = "\ufeff"  # without it Excel takes UTF-8 for the system's old code page
ORDERS = ("given", "name", "surest", "least sure")


class Asked(Protocol):
    """One photo that a model was asked about: an answer, or the sentence that says why there is none."""

    @property
    def name(self) -> str: ...
    @property
    def answer(self) -> Answer | None: ...
    @property
    def error(self) -> str: ...


@dataclass(frozen=True)
class Judged:
    """A photo with its answer and what there is to doubt about it, at the caution chosen."""

    place: int  # in the order given
    name: str
    answer: Answer | None
    kind: Doubt
    error: str  # why there is no answer; empty when there is one

    @property
    def reason(self) -> str:
        """Why to doubt the answer, in a sentence; empty when there is no reason."""
        return self.kind.sentence

    @property
    def label(self) -> str:
        """The answer; empty where there is none."""
        return self.answer.label if self.answer else ""


def judged(asked: Iterable[Asked], doubts: Callable[[Answer], Doubt] | None = None) -> Iterator[Judged]:
    """Each photo with its doubt: that of `doubts`, or the one at the model's usual caution."""
    for place, photo in enumerate(asked):
        answer = photo.answer
        doubt = Doubt.UNREAD if answer is None else answer.doubt if doubts is None else doubts(answer)
        yield Judged(place, photo.name, answer, doubt, photo.error)


def kinds(photos: Iterable[Judged]) -> Counter[Doubt]:
    """How many photos there are of each kind of doubt."""
    return Counter(photo.kind for photo in photos)


def labels(photos: Iterable[Judged]) -> Counter[str]:
    """How many photos got each answer, sure or not sure; those that are probably none of these don't count."""
    return Counter(photo.label for photo in photos if photo.kind in NAMED)


def picked(photos: Iterable[Judged], answers: Collection[str] = (), kind: Doubt | None = None) -> list[Judged]:
    """The photos with one of these answers and of this kind of doubt; of any where none is given."""
    return [
        photo
        for photo in photos
        if (kind is None or photo.kind is kind) and (not answers or (photo.label in answers and photo.kind in NAMED))
    ]


def ordered(photos: Iterable[Judged], order: str) -> list[Judged]:
    """The photos in one of ORDERS; what is probably none of these is the least sure, and unread photos come last."""
    if order == "given":
        return sorted(photos, key=lambda photo: photo.place)
    if order == "name":
        return sorted(photos, key=lambda photo: (photo.name.casefold(), photo.place))
    if order not in ORDERS:
        raise ValueError(f"unknown order {order!r}")
    sign = -1 if order == "surest" else 1

    def rank(photo: Judged) -> tuple[bool, int, float, int]:
        if photo.answer is None:
            return True, 0, 0.0, photo.place
        return False, sign * (photo.kind is not Doubt.UNLIKE), sign * photo.answer.probability, photo.place

    return sorted(photos, key=rank)


def row(photo: Judged) -> dict[str, Any]:
    """One photo as a line of the table: COLUMNS; what it doesn't have is None."""
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
        "unsure": photo.kind is not Doubt.NONE,
        "reason": photo.reason,
        "doubt": photo.kind.column,
        "second_probability": round(second[0][1], 4) if second else None,
    }


def as_csv(photos: Iterable[Judged]) -> Iterator[str]:
    """The table as text of a CSV file, piece by piece, the header first.

    To be written as UTF-8 with line ends as they are; the BOM is in it. No cell is a formula to a spreadsheet.
    """
    yield BOM + _line(COLUMNS)
    for photo in photos:
        yield _line([_cell(value) for value in row(photo).values()])


def as_json(photos: Iterable[Judged]) -> str:
    """The table as a JSON list of objects, names as they are."""
    return json.dumps([row(photo) for photo in photos], ensure_ascii=False, indent=2)


def _line(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file).writerow(cells)
    return file.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return str(value)
