"""`python -m core data`: what each command prints and creates."""

import json
import shutil
from itertools import product

import numpy as np
import pytest

from core.datasets import adding, catalogue, drawn
from core.reviewing import classes as class_findings
from core.shell.main import main
from tests.conftest import TINY_CLASSES, draw_classes, encoded, picture


def test_a_folder_is_added_listed_and_checked(run, tiny_dataset):
    counts = "3 classes; train 18, validation 9, test 9 photos"
    assert run("data", "add", "tiny", tiny_dataset) == [f"tiny: {counts}; {tiny_dataset}"]
    assert run("data", "list") == [f"tiny: {counts}; {tiny_dataset}", "drawn-garments: drawn on first use"]
    remarks = run("data", "check", "tiny")
    assert sum("has only 6 training photos" in remark for remark in remarks) == 3


def test_a_zip_is_unpacked_into_the_workspace(run, tiny_dataset, tmp_path, home):
    archive = shutil.make_archive(str(tmp_path / "clothes"), "zip", tiny_dataset)
    (line,) = run("data", "add", "zipped", archive)
    assert line.startswith("zipped: 3 classes; train 18, validation 9, test 9 photos")
    assert catalogue.load("zipped").folder.is_relative_to(home)


def test_a_check_names_what_is_broken(run, tiny_dataset, tmp_path):
    place = shutil.copytree(tiny_dataset, tmp_path / "copy")
    label = TINY_CLASSES[0]
    (place / "train" / label / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    shutil.copy(next((place / "train" / label).glob("*.png")), place / "test" / label / "again.png")
    run("data", "add", "tiny", place)
    remarks = "\n".join(run("data", "check", "tiny"))
    assert f"Unreadable: train/{label}/broken.jpg: " in remarks
    assert "same photo in different splits" in remarks


def test_a_dataset_without_its_folder_affects_only_its_line(run, tiny_dataset, tmp_path):
    run("data", "add", "gone", shutil.copytree(tiny_dataset, tmp_path / "copy"))
    run("data", "add", "tiny", tiny_dataset)
    shutil.rmtree(tmp_path / "copy")
    gone, tiny, _ = run("data", "list")
    assert gone.startswith("gone: There is no folder")
    assert tiny.startswith("tiny: 3 classes")


def test_a_check_without_problems_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setattr(class_findings, "RARE", 2)
    random = np.random.default_rng(0)
    for number, (split, label) in enumerate(product(("train", "validation", "test"), ("pants", "shoes"))):
        place = tmp_path / "clothes" / split / label
        place.mkdir(parents=True)
        for photo in range(3):
            grain = random.normal(0, 8, (128, 128, 3))
            pixels = np.asarray(drawn.garment(label, 100 * number + 7 * photo, 128)) + grain
            (place / f"{photo}{label}.png").write_bytes(encoded(np.clip(pixels, 0, 255).astype(np.uint8), "PNG"))
    run("data", "add", "clothes", tmp_path / "clothes")
    assert run("data", "check", "clothes") == ["No problems found."]


def test_a_review_is_made_listed_and_undone(run, tiny_dataset, tmp_path, capsys):
    run("data", "add", "tiny", tiny_dataset)
    photo = sorted(path.relative_to(tiny_dataset).as_posix() for path in (tiny_dataset / "train").glob("*/*"))[0]
    assert run("data", "review", "tiny", photo, "--leave-out") == []
    (line,) = run("data", "review", "tiny")
    assert line.endswith(f"{photo}  leave out")
    (record,) = map(json.loads, run("data", "review", "tiny", "--json"))
    assert (record["photo"], record["action"]) == (photo, "leave out")
    assert len(catalogue.load("tiny").splits["train"]) == 17
    assert run("data", "review", "tiny", "--undo") == ["Undone for 1 photo."]
    assert run("data", "review", "tiny", "--undo") == ["There is nothing to undo."]
    assert len(catalogue.load("tiny").splits["train"]) == 18
    run("data", "review", "tiny", photo, "--class", "frame")
    run("data", "review", "tiny", photo, "--split", "test")
    moved = catalogue.load("tiny")
    assert (tiny_dataset / photo) in moved.splits["test"].paths
    for arguments, words in (
        (("train/nothing.png", "--keep"), "There is no photo 'train/nothing.png'"),
        ((photo, "--split", "tests"), "must be train, validation or test"),
        ((photo,), "--keep, --leave-out, --class"),
        (("--keep",), "--keep, --leave-out, --class"),
    ):
        capsys.readouterr()
        assert main(["data", "review", "tiny", *arguments]) == 1
        assert words in capsys.readouterr().err


def test_a_check_speaks_json(run, tiny_dataset):
    run("data", "add", "tiny", tiny_dataset)
    found = [json.loads(line) for line in run("data", "check", "tiny", "--json")]
    assert {"few"} <= {finding["kind"] for finding in found}
    assert all({"kind", "photos", "about", "reason", "remedy", "to"} == set(finding) for finding in found)


def test_folders_of_classes_are_split_and_any_name_is_taken(run, tmp_path):
    (line,) = run("data", "add", "My Shop", draw_classes(tmp_path / "clothes"))
    assert line.startswith("My Shop (my-shop): 3 classes; train 30, validation 3, test 3 photos; ")
    assert "; split by " in line
    assert run("data", "list")[0] == line
    assert run("data", "split", "my shop", "--shares", "60/20/20", "--seed", "3")[0].startswith(
        "My Shop (my-shop): 3 classes; train 2"
    )
    assert run("data", "split", "my-shop")[0] == line


def test_records_tell_the_same(run, tmp_path, tiny_dataset):
    folder = draw_classes(tmp_path / "clothes")
    (added,) = map(json.loads, run("data", "add", "My Shop", folder, "--shares", "8,1,1", "--json"))
    assert (added["name"], added["title"], added["folder"]) == ("my-shop", "My Shop", str(folder))
    assert added["photos"] == {"train": 30, "validation": 3, "test": 3}
    assert added["classes"] == list(TINY_CLASSES)
    assert added["shares"] == pytest.approx([0.8, 0.1, 0.1])
    assert added["sessions"] > 20
    assert not added["divided"]
    (split,) = map(json.loads, run("data", "split", "My Shop", "--seed", "5", "--json"))
    assert split["seed"] == 5
    run("data", "add", "gone", shutil.copytree(tiny_dataset, tmp_path / "copy"))
    shutil.rmtree(tmp_path / "copy")
    gone, shop, drawn = map(json.loads, run("data", "list", "--json"))
    assert "There is no folder" in gone["error"]
    assert shop == split
    assert drawn == {"name": "drawn-garments", "title": "Drawn garments (built in)"}


def test_the_split_of_the_folders_is_restored(run, tiny_dataset):
    (before,) = run("data", "add", "tiny", tiny_dataset)
    assert "split by" in run("data", "split", "tiny")[0]
    assert run("data", "split", "tiny", "--restore") == [before]


def test_a_dataset_is_renamed_copied_exported_and_removed_by_its_title(run, tiny_dataset, tmp_path, monkeypatch):
    run("data", "add", "tiny", tiny_dataset)
    assert run("data", "rename", "tiny", "Größe 40") == ["Größe 40 (tiny)"]
    (copied,) = run("data", "copy", "größe 40", "Copy of it")
    assert copied.startswith("Copy of it (copy-of-it): 3 classes; train 18")
    monkeypatch.chdir(tmp_path)
    assert run("data", "export", "Copy of it", "out.zip") == [str(tmp_path / "out.zip")]
    assert run("data", "export", "tiny", "out") == [str(tmp_path / "out")]
    assert len(list((tmp_path / "out").rglob("*.png"))) == 36
    assert run("data", "check", "GRÖSSE 40")
    assert run("data", "remove", "Größe 40") == ["Größe 40 is removed."]
    assert [line.split(":")[0] for line in run("data", "list")] == ["Copy of it (copy-of-it)", "drawn-garments"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "x", "FOLDER", "--shares", "half"), "The shares must be three numbers such as 80/10/10, got 'half'."),
        (("add", "x", "FOLDER", "--shares", "100/0/0"), "with at least 5% for training and for validation"),
        (("split", "tiny", "--shares", "1/2"), "The shares must be three numbers"),
        (("split", "nothing"), "There is no dataset 'nothing'; there are: tiny, Drawn garments (built in)."),
        (("split", "tiny", "--seed", "x"), "--help tells more"),
        (("rename", "tiny", ""), "A dataset's name must have 1 to 80 printable characters"),
        (("rename", "drawn-garments", "x"), "The drawn garments can't be renamed."),
        (("copy", "tiny", "TINY"), "There is a dataset 'TINY' already."),
        (("export", "tiny", "FOLDER"), "lies in the dataset's own folder"),
        (("remove", "nothing"), "There is no dataset 'nothing'"),
    ],
)
def test_what_can_not_be_done_is_one_line(capsys, tiny_dataset, arguments, said):
    adding.add_folder("tiny", tiny_dataset)
    assert main(["data", *(str(tiny_dataset) if text == "FOLDER" else text for text in arguments)]) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_loose_photos_are_added_to_be_sorted(run, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(encoded(picture(40, 40, seed=number), "PNG"))
    (line,) = run("data", "add", "Loose", tmp_path)
    assert line.startswith("Loose (loose): 3 photos of 'Loose' must be sorted into classes")
    for number, label in enumerate(("hat", "hat", "shoe")):
        run("data", "review", "Loose", f"{number}.png", "--class", label)
    (line, _) = run("data", "list")
    assert "needs at least two classes" in line


def test_a_class_is_meant_however_it_is_written(run, tiny_dataset):
    run("data", "add", "tiny", tiny_dataset)
    photo = sorted(path.relative_to(tiny_dataset).as_posix() for path in (tiny_dataset / "train").glob("*/*"))[0]
    run("data", "review", "tiny", photo, "--class", " Disc ")
    assert catalogue.load("tiny").classes == TINY_CLASSES
    assert len(catalogue.load("tiny").splits["train"]) == 18
