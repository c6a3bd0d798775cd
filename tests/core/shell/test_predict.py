"""`python -m core predict`: what it prints and writes for each photo."""

import csv
import json
import re
from pathlib import Path

import openpyxl
import pytest

from core.answering import shelf
from core.shell.main import main
from tests.conftest import encoded, zipped
from tests.fabricated import LABELS, flat, saved_model


def colour_photos(tmp_path: Path) -> list[Path]:
    files = {"red.png": encoded(flat(255, 0, 0), "PNG"), "broken.jpg": b"\xff\xd8\xff no", "blau é.png":
            encoded(flat(0, 0, 255), "PNG"), "grey.png": encoded(flat(99, 98, 97), "PNG")}  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return [tmp_path / name for name in files]


def test_predict_answers_each_photo_that_can_be_read(tmp_path, capsys):
    saved_model("colours")
    paths = colour_photos(tmp_path)
    assert main(["predict", *map(str, paths)]) == 1
    printed = capsys.readouterr()
    red, blue, grey = printed.out.splitlines()
    assert red.startswith(f"{paths[0]}: red 100.0%, ")
    assert blue.startswith(f"{paths[2]}: blue 100.0%, ")
    assert grey.endswith("(Not sure: two or more answers lie close together.)")
    (error,) = printed.err.splitlines()
    assert error.startswith(f"{paths[1]}: ")


def test_predict_as_json_is_one_object_a_line_in_the_order_given(tmp_path, capsys):
    saved_model("colours")
    saved_model("not this one", created="2026-01-01T00:00:00+00:00", validation=0.9, labels=["a", "b", "c"])
    paths = colour_photos(tmp_path)
    assert main(["predict", "--json", "--model", "colours", *map(str, paths)]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    red, broken, blue, grey = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["file"] for line in (red, broken, blue, grey)] == [str(path) for path in paths]
    assert set(broken) == {"file", "error"}
    for line in (red, blue, grey):
        assert set(line) == {"file", "answers", "unsure", "reason"}
        shares = [answer["probability"] for answer in line["answers"]]
        assert {answer["label"] for answer in line["answers"]} == set(LABELS)
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert line["unsure"] is bool(line["reason"])
    assert [line["answers"][0]["label"] for line in (red, blue)] == ["red", "blue"]
    assert [line["unsure"] for line in (red, blue, grey)] == [False, False, True]


def test_predict_names_the_classes_of_which_one_is_right(tmp_path, capsys):
    saved_model("colours", sets={"0.9": {"shared": 0.2, "by_class": {}}})
    red, _, _, grey = map(str, colour_photos(tmp_path))
    assert main(["predict", red, grey, "--certainty", "0.9"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("  one of: red")
    assert "  one of: red, green, blue  (Not sure" in second
    table = tmp_path / "answers.csv"
    assert main(["predict", red, grey, "--certainty", "0.9", "--json", "--csv", str(table)]) == 0
    assert [json.loads(line)["one_of"] for line in capsys.readouterr().out.splitlines()] == [
        ["red"],
        ["red", "green", "blue"],
    ]
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert [line["one_of"] for line in csv.DictReader(file)] == ["red", "red; green; blue"]
    before = table.read_bytes()
    assert main(["predict", red, "--certainty", "0.5", "--csv", str(table)]) == 1
    assert table.read_bytes() == before
    assert "The certainty must be one of 0.9, got 0.5" in capsys.readouterr().err


def test_predict_uses_the_pinned_model(run, tmp_path):
    saved_model("colours")
    saved_model("other", labels=["a", "b", "c"], validation=0.9, created="2025-07-01T12:00:00+00:00")
    path = colour_photos(tmp_path)[0]
    assert run("predict", path)[0].startswith(f"{path}: a ")
    shelf.pin("colours")
    assert run("predict", path)[0].startswith(f"{path}: red ")


def test_predict_takes_folders_and_zips(capsys, tmp_path, monkeypatch):
    saved_model("colours")
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "photos" / "beach"
    place.mkdir(parents=True)
    (place / "a.png").write_bytes(encoded(flat(255, 0, 0), "PNG"))
    (place / "b.webp").write_bytes(encoded(flat(0, 255, 0), "WEBP"))
    (place / "notes.txt").write_text("no photo")
    (tmp_path / "more.zip").write_bytes(zipped(tmp_path / "photos"))
    (place / "c").write_bytes(encoded(flat(0, 0, 255), "GIF"))  # known by its content
    assert main(["predict", "photos", "more.zip", "photos/beach/a.png"]) == 0
    printed = capsys.readouterr()
    assert "2 passed over, not photos: photos/beach/notes.txt, more.zip/beach/notes.txt." in printed.err
    lines = printed.out.splitlines()
    on_disk = ["photos/beach/a.png", "photos/beach/b.webp", "photos/beach/c"]
    zipped_names = ["more.zip/beach/a.png", "more.zip/beach/b.webp"]
    assert [line.split(": ")[0] for line in lines] == [*on_disk, *zipped_names, on_disk[0]]
    assert [line.split()[1] for line in lines] == ["red", "green", "blue", "red", "green", "red"]


def test_predict_writes_the_table_that_the_page_offers(tmp_path, capsys):
    saved_model("colours")
    paths = colour_photos(tmp_path)
    assert main(["predict", "--csv", str(tmp_path / "answers.csv"), *map(str, paths)]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 3
    with (tmp_path / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        red, broken, blue, grey = csv.DictReader(file)
    assert [row["file"] for row in (red, broken, blue, grey)] == [str(path) for path in paths]
    assert [row["answer"] for row in (red, broken, blue)] == ["red", "", "blue"]
    assert (red["unsure"], grey["unsure"], bool(grey["reason"]), red["error"]) == ("False", "True", True, "")
    assert "not a photo" in broken["error"]
    assert float(red["probability"]) > 0.99
    assert red["second"] in ("green", "blue")


def test_predict_writes_an_excel_sheet(tmp_path, capsys):
    saved_model("colours")
    paths = colour_photos(tmp_path)
    files = ["--excel", str(tmp_path / "answers.xlsx"), "--csv", str(tmp_path / "answers.csv")]
    assert main(["predict", *files, *map(str, paths)]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 3
    page = openpyxl.load_workbook(tmp_path / "answers.xlsx")["answers"]
    rows = [row[1:3] for row in page.iter_rows(min_row=2, values_only=True)]
    assert rows == [(str(path), use) for path, use in zip(paths, ("red", None, "blue", "check"), strict=True)]
    assert len(page._images) == 3
    with (tmp_path / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["use"] for row in csv.DictReader(file)] == ["red", "", "blue", "check"]


def test_predict_does_not_overwrite_a_photo(run, tmp_path, capsys):
    saved_model("colours")
    path = colour_photos(tmp_path)[0]
    before = path.read_bytes()
    for name, words in ((path, "ends in .csv"), (tmp_path / "nothing" / "x.csv", "can't be written")):
        assert main(["predict", "--csv", str(name), str(path)]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1
        assert words in printed.err
    assert path.read_bytes() == before


def screen(written: str) -> list[str]:
    """The lines on a terminal after this output; the last one has the cursor."""
    lines = [""]
    column = 0
    for part in re.findall(r"\x1b\[\??\d*[a-zA-Z]|[^\x1b]", written):
        if part == "\n":
            lines.append("")
            column = 0
        elif part == "\r":
            column = 0
        elif part == "\033[K":
            lines[-1] = lines[-1][:column]
        elif part[0] != "\033":
            lines[-1] = lines[-1][:column] + part + lines[-1][column + 1 :]
            column += 1
    return lines


def test_predict_shows_its_progress_and_keeps_its_lines_intact(tmp_path, capsys, terminal):
    saved_model("colours")
    paths = colour_photos(tmp_path)
    assert main(["predict", *map(str, paths)]) == 1
    plain = capsys.readouterr()
    stream = terminal()
    assert main(["predict", *map(str, paths)]) == 1
    written = stream.getvalue()
    assert "predicting with colours" in written
    assert "4 of 4, 0 s left" in written
    assert written.endswith("\r\033[K")
    assert "[#" in screen(written[: written.index("4 of 4, 0 s left")])[-1]
    red, blue, grey = plain.out.splitlines()
    assert screen(written) == [red, plain.err.rstrip("\n"), blue, grey, ""]
    assert written.rindex("\033[?25h") > written.rindex("\033[?25l")  # the cursor is back
