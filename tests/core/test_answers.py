"""Many answers as one table: judged, counted, picked out, sorted, and written so that spreadsheets can read them."""

import csv
import io
import json
from dataclasses import dataclass

import pytest

from core.answering import tables
from core.answering.classifier import Answer
from core.answering.doubt import Doubt
from core.answering.tables import Judged

CLOSE = "Not sure: two or more answers lie close together."
UNLIKE = "Probably none of these: the photo is unlike those the model was trained on."


@dataclass(frozen=True)
class Asked:
    name: str
    answer: Answer | None
    error: str = ""


def answer(label: str, probability: float, doubt: Doubt = Doubt.NONE) -> Answer:
    rest = 1 - probability
    return Answer(((label, probability), ("hat", rest * 0.75), ("shoes", rest * 0.25)), 0.8, doubt)


ASKED = [
    Asked("b.jpg", answer("skirt", 0.97)),
    Asked("C.jpg", answer("dress", 0.45, Doubt.CLOSE)),
    Asked("broken.jpg", None, "The photo is damaged."),
    Asked("cat.jpg", answer("skirt", 0.99, Doubt.UNLIKE)),
    Asked("a.jpg", answer("dress", 0.8)),
]


def names(photos: list[Judged]) -> list[str]:
    return [photo.name for photo in photos]


@pytest.fixture
def photos() -> list[Judged]:
    return list(tables.judged(ASKED))


def lines(photos: list[Judged]) -> list[dict[str, str]]:
    text = "".join(tables.as_csv(photos))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_each_photo_is_of_one_kind(photos):
    assert [photo.kind for photo in photos] == ["sure", "close", "unread", "unlike", "sure"]
    assert tables.kinds(photos) == {"sure": 2, "close": 1, "unread": 1, "unlike": 1}


def test_what_is_none_of_these_counts_for_no_answer(photos):
    assert tables.labels(photos) == {"skirt": 1, "dress": 2}
    assert names(tables.picked(photos, answers=["skirt"])) == ["b.jpg"]


def test_photos_are_picked_by_answer_and_by_doubt(photos):
    assert names(tables.picked(photos)) == names(photos)
    assert names(tables.picked(photos, answers=["dress"])) == ["C.jpg", "a.jpg"]
    assert names(tables.picked(photos, answers=["dress"], kind=Doubt.CLOSE)) == ["C.jpg"]
    assert names(tables.picked(photos, kind=Doubt.UNREAD)) == ["broken.jpg"]
    assert names(tables.picked(photos, kind=Doubt.UNLIKE)) == ["cat.jpg"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("given", ["b.jpg", "C.jpg", "broken.jpg", "cat.jpg", "a.jpg"]),
        ("name", ["a.jpg", "b.jpg", "broken.jpg", "C.jpg", "cat.jpg"]),
        ("surest", ["b.jpg", "a.jpg", "C.jpg", "cat.jpg", "broken.jpg"]),
        ("least sure", ["cat.jpg", "C.jpg", "a.jpg", "b.jpg", "broken.jpg"]),
    ],
)
def test_photos_are_sorted(photos, order, expected):
    assert names(tables.ordered(reversed(photos), order)) == expected


def test_an_unknown_order_is_refused(photos):
    with pytest.raises(ValueError, match="unknown order"):
        tables.ordered(photos, "colour")


def test_another_caution_changes_the_doubts_and_not_the_answers():
    bold = list(tables.judged(ASKED, lambda _: Doubt.NONE))
    cautious = list(tables.judged(ASKED, lambda _: Doubt.CLOSE))
    assert [photo.kind for photo in bold] == ["sure", "sure", "unread", "sure", "sure"]
    assert [photo.kind for photo in cautious] == ["close", "close", "unread", "close", "close"]
    assert [photo.label for photo in bold] == [photo.label for photo in cautious]
    assert [line["unsure"] for line in lines(cautious)] == ["True", "True", "", "True", "True"]


def test_the_table_has_the_six_columns_first(photos):
    table = lines(photos)
    assert list(table[0])[:6] == ["file", "answer", "probability", "second", "unsure", "reason"]
    assert table[1] == {
        "file": "C.jpg",
        "answer": "dress",
        "probability": "0.45",
        "second": "hat",
        "unsure": "True",
        "reason": CLOSE,
        "doubt": "not sure",
        "second_probability": "0.4125",
        "error": "",
    }
    assert table[3]["reason"] == UNLIKE
    assert [line["doubt"] for line in table] == ["", "not sure", "", "none of these", ""]
    assert table[2]["error"] == "The photo is damaged."
    assert {value for name, value in table[2].items() if name not in ("file", "error")} == {""}


@pytest.mark.parametrize("name", ["=1+1.jpg", "+x.jpg", "-x.jpg", "@SUM(A1).jpg", "\tx.jpg", "＝1.jpg"])
def test_no_name_is_a_formula_to_a_spreadsheet(name):
    photos = list(tables.judged([Asked(name, answer(name, 0.9)), Asked(name, None, name)]))
    for line in lines(photos):
        assert line["file"] == f"'{name}"
    assert lines(photos)[0]["answer"] == f"'{name}"
    assert lines(photos)[1]["error"] == f"'{name}"
    assert [line["file"] for line in json.loads(tables.as_json(photos))] == [name, name]


def test_odd_names_come_through_whole():
    name = 'Kleid, "rot"\n😀; ü.jpg'
    photos = list(tables.judged([Asked(name, answer("dress", 0.9))]))
    assert lines(photos)[0]["file"] == name
    assert json.loads(tables.as_json(photos))[0]["file"] == name


def test_json_holds_numbers_and_truths(photos):
    table = json.loads(tables.as_json(photos))
    assert table[0]["probability"] == 0.97
    assert table[1]["unsure"] is True
    assert table[2]["answer"] is None


def test_a_model_of_one_class_has_no_second():
    only = [Asked("a.jpg", Answer((("hat", 1.0),), 0.8, Doubt.NONE))]
    (line,) = lines(list(tables.judged(only)))
    assert (line["answer"], line["second"], line["second_probability"]) == ("hat", "", "")
