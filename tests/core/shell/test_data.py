"""`python -m core data`: what each command prints and creates."""

import shutil
from itertools import product

from core.datasets import catalogue, checks
from tests.conftest import TINY_CLASSES, encoded, picture


def test_a_folder_is_added_listed_and_checked(run, tiny_dataset):
    counts = "3 classes; train 18, validation 9, test 9 photos"
    assert run("data", "add", "tiny", tiny_dataset) == [f"tiny: {counts}; {tiny_dataset}"]
    assert run("data", "list") == [f"tiny: {counts}; {tiny_dataset}", "drawn-garments: drawn on first use"]
    remarks = run("data", "check", "tiny")
    assert len(remarks) == 3
    assert all("has only 6 training photos" in remark for remark in remarks)


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
    assert f"train/{label}/broken.jpg can't be read" in remarks
    assert "same photo in different splits" in remarks


def test_a_dataset_without_its_folder_affects_only_its_line(run, tiny_dataset, tmp_path):
    run("data", "add", "gone", shutil.copytree(tiny_dataset, tmp_path / "copy"))
    run("data", "add", "tiny", tiny_dataset)
    shutil.rmtree(tmp_path / "copy")
    gone, tiny, _ = run("data", "list")
    assert gone.startswith("gone: There is no folder")
    assert tiny.startswith("tiny: 3 classes")


def test_a_check_without_problems_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "RARE", 2)
    for number, (split, label) in enumerate(product(("train", "validation", "test"), ("dress", "shirt"))):
        place = tmp_path / "clothes" / split / label
        place.mkdir(parents=True)
        for photo in range(2):
            (place / f"{photo}.png").write_bytes(encoded(picture(40, 40, seed=2 * number + photo), "PNG"))
    run("data", "add", "clothes", tmp_path / "clothes")
    assert run("data", "check", "clothes") == ["No problems found."]
