"""Many answers as one table: doubts, counts, filters, order, and files that spreadsheets can read."""

import csv
import io
import json
from dataclasses import dataclass, replace

import openpyxl
import pytest

from core.answering import sheet, tables
from core.answering.classifier import Answer
from core.answering.doubt import Doubt
from core.answering.tables import Result
from tests.conftest import encoded, picture

CLOSE = "Not sure: two or more answers lie close together."
UNLIKE = "Probably none of these: the photo is unlike those the model was trained on."


@dataclass(frozen=True)
class Prediction:
    name: str
    answer: Answer | None
    error: str = ""


def answer(label: str, probability: float, doubt: Doubt = Doubt.NONE) -> Answer:
    rest = 1 - probability
    return Answer(((label, probability), ("hat", rest * 0.75), ("shoes", rest * 0.25)), 0.8, doubt)


PREDICTIONS = [
    Prediction("b.jpg", answer("skirt", 0.97)),
    Prediction("C.jpg", answer("dress", 0.45, Doubt.CLOSE)),
    Prediction("broken.jpg", None, "The photo is damaged."),
    Prediction("cat.jpg", answer("skirt", 0.99, Doubt.UNLIKE)),
    Prediction("a.jpg", answer("dress", 0.8)),
]


def names(photos: list[Result]) -> list[str]:
    return [photo.name for photo in photos]


@pytest.fixture
def photos() -> list[Result]:
    return list(tables.results(PREDICTIONS))


def lines(photos: list[Result]) -> list[dict[str, str]]:
    text = "".join(tables.as_csv(photos))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_each_photo_is_of_one_kind(photos):
    assert [photo.kind for photo in photos] == ["sure", "close", "unread", "unlike", "sure"]
    assert tables.kinds(photos) == {"sure": 2, "close": 1, "unread": 1, "unlike": 1}


def test_none_of_these_counts_for_no_answer(photos):
    assert tables.labels(photos) == {"skirt": 1, "dress": 2}
    assert names(tables.filtered(photos, answers=["skirt"])) == ["b.jpg"]


def test_photos_are_filtered_by_answer_and_by_doubt(photos):
    assert names(tables.filtered(photos)) == names(photos)
    assert names(tables.filtered(photos, answers=["dress"])) == ["C.jpg", "a.jpg"]
    assert names(tables.filtered(photos, answers=["dress"], kind=Doubt.CLOSE)) == ["C.jpg"]
    assert names(tables.filtered(photos, kind=Doubt.UNREAD)) == ["broken.jpg"]
    assert names(tables.filtered(photos, kind=Doubt.UNLIKE)) == ["cat.jpg"]


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
    assert names(tables.sorted_results(reversed(photos), order)) == expected


def test_an_unknown_order_is_refused(photos):
    with pytest.raises(ValueError, match="order must be one of"):
        tables.sorted_results(photos, "colour")


def test_the_caution_changes_the_doubts_and_not_the_answers():
    bold = list(tables.results(PREDICTIONS, lambda _: Doubt.NONE))
    cautious = list(tables.results(PREDICTIONS, lambda _: Doubt.CLOSE))
    assert [photo.kind for photo in bold] == ["sure", "sure", "unread", "sure", "sure"]
    assert [photo.kind for photo in cautious] == ["close", "close", "unread", "close", "close"]
    assert [photo.label for photo in bold] == [photo.label for photo in cautious]
    assert [line["unsure"] for line in lines(cautious)] == ["True", "True", "", "True", "True"]


def test_a_doubted_answer_is_not_in_the_column_to_use(photos):
    assert [line["use"] for line in lines(photos)] == ["skirt", "check", "", "none", "dress"]
    assert [line["answer"] for line in lines(photos)][1] == "dress"


def test_a_class_called_check_is_told_from_a_photo_to_check():
    (photo,) = tables.results([Prediction("a.jpg", answer("check", 0.45))], lambda _: Doubt.CLOSE)
    assert photo.use == "(check)"


def test_the_excel_sheet_has_names_pictures_and_the_same_columns(photos):
    picture_file = encoded(picture(20, 40), "JPEG")
    names = ["=1+1.jpg", "Kleid \x07.jpg", "裙子.jpg", "d", "e"]
    results = [replace(photo, name=name) for photo, name in zip(photos, names, strict=True)]
    book = openpyxl.load_workbook(io.BytesIO(sheet.as_xlsx(results, {0: picture_file, 2: b""})))
    rows = list(book["answers"].iter_rows(values_only=True))
    assert rows[0] == ("photo", *sheet.COLUMNS)
    assert [row[1] for row in rows[1:]] == ["=1+1.jpg", "Kleid ?.jpg", "裙子.jpg", "d", "e"]
    assert book["answers"]["B2"].data_type == "s"  # text, no formula
    assert [row[2] for row in rows[1:]] == ["skirt", "check", None, "none", "dress"]
    assert rows[1][4] == 0.97
    (drawn,) = book["answers"]._images
    assert (drawn.anchor.ext.width, drawn.anchor.ext.height) == (609600, 304800)  # 64 × 32 px in EMU
    assert (drawn.anchor._from.row, drawn.anchor._from.col) == (1, 0)


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
        "use": "check",
        "doubt": "not sure",
        "second_probability": "0.4125",
        "error": "",
        "corrected": "",
        "one_of": "",
    }
    assert table[3]["reason"] == UNLIKE
    assert [line["doubt"] for line in table] == ["", "not sure", "", "none of these", ""]
    assert table[2]["error"] == "The photo is damaged."
    assert {value for name, value in table[2].items() if name not in ("file", "error")} == {""}


def test_what_a_person_said_takes_the_answer_s_place():
    said = {0: "dress", 1: "", 2: "hat", 3: "skirt"}
    photos = list(tables.results(PREDICTIONS, corrected=said))
    assert [photo.label for photo in photos] == ["dress", "dress", "", "skirt", "dress"]
    assert [photo.kind for photo in photos] == ["sure", "unlike", "unread", "sure", "sure"]
    table = lines(photos)
    assert [line["corrected"] for line in table] == ["dress", "none", "", "skirt", ""]
    assert [line["use"] for line in table] == ["dress", "none", "", "skirt", "dress"]
    assert [line["answer"] for line in table] == ["skirt", "dress", "", "skirt", "dress"]  # the model's own
    assert [line["unsure"] for line in table] == ["False", "False", "", "False", "False"]
    assert {line["doubt"] + line["reason"] for line in table} == {""}
    assert tables.labels(photos) == {"dress": 2, "skirt": 1}


@pytest.mark.parametrize("name", ["=1+1.jpg", "+x.jpg", "-x.jpg", "@SUM(A1).jpg", "\tx.jpg", "＝1.jpg"])
def test_no_name_is_a_formula_to_a_spreadsheet(name):
    photos = list(tables.results([Prediction(name, answer(name, 0.9)), Prediction(name, None, name)]))
    for line in lines(photos):
        assert line["file"] == f"'{name}"
    assert lines(photos)[0]["answer"] == f"'{name}"
    assert lines(photos)[1]["error"] == f"'{name}"
    assert [line["file"] for line in json.loads(tables.as_json(photos))] == [name, name]


def test_odd_names_stay_unchanged():
    name = 'Kleid, "rot"\n😀; ü.jpg'
    photos = list(tables.results([Prediction(name, answer("dress", 0.9))]))
    assert lines(photos)[0]["file"] == name
    assert json.loads(tables.as_json(photos))[0]["file"] == name


def test_json_has_numbers_and_booleans(photos):
    table = json.loads(tables.as_json(photos))
    assert table[0]["probability"] == 0.97
    assert table[1]["unsure"] is True
    assert table[2]["answer"] is None


def test_a_model_of_one_class_has_no_second():
    only = [Prediction("a.jpg", Answer((("hat", 1.0),), 0.8, Doubt.NONE))]
    (line,) = lines(list(tables.results(only)))
    assert (line["answer"], line["second"], line["second_probability"]) == ("hat", "", "")
