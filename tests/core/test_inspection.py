"""What a check finds in a dataset: each fault planted into drawn garments, and nothing where there is none."""

import errno
import io
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core import workspace
from core.answering import shelf
from core.datasets import adding, catalogue, drawn, managing, review
from core.errors import DatasetError
from core.reviewing import check, features, findings, inspection, stored_map, subject
from core.reviewing.findings import COPIES, UNUSABLE, Finding, Kind
from core.runs import look_count

CLASSES = ("dress", "pants", "shoes")
COUNTS = {"train": 12, "validation": 4, "test": 4}
SIDE = 192  # px


def jpeg(picture: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def photographed(label: str, number: int) -> bytes:
    """A drawn garment with a fabric's texture and a camera's grain."""
    random = np.random.default_rng([number, len(label)])
    pixels = np.asarray(drawn.garment(label, number, SIDE)).astype(float)
    grain = cv2.resize(random.normal(0, 9, (SIDE // 2, SIDE // 2)), (SIDE, SIDE)) + random.normal(0, 4, (SIDE, SIDE))
    return jpeg(Image.fromarray(np.clip(pixels + grain[..., None], 0, 255).astype(np.uint8)))


@pytest.fixture(scope="module")
def garments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that nothing is wrong with."""
    folder = tmp_path_factory.mktemp("garments")
    for label in CLASSES:
        number = 0
        for split, count in COUNTS.items():
            (folder / split / label).mkdir(parents=True)
            for _ in range(count):
                (folder / split / label / f"{label}-{number:03}-x.jpg").write_bytes(photographed(label, 7 * number))
                number += 1
    return folder


@pytest.fixture
def folder(garments: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(garments, tmp_path / "garments"))


def photo(folder: Path, split: str, label: str, place: int = 0) -> Path:
    return sorted((folder / split / label).iterdir())[place]


def inspected(folder: Path) -> list[Finding]:
    dataset = adding.add_folder("mine", folder)
    found = inspection.inspect(subject.of(dataset))
    for finding in found:
        assert finding.reason.endswith(".")
        assert "\n" not in finding.sentence
        assert str(folder) not in finding.sentence
        assert 0 <= finding.about <= max(1, len(finding.photos))
    return found


def of_kind(found: list[Finding], *kinds: Kind) -> list[Finding]:
    return [finding for finding in found if finding.kind in kinds]


def test_nothing_is_wrong(folder: Path) -> None:
    natural = {Kind.BACKDROP, Kind.LABEL}  # drawn grounds repeat, and drawings of one class differ
    assert [finding.sentence for finding in inspected(folder) if finding.kind not in natural] == []


def test_the_same_photo_in_different_splits(folder: Path) -> None:
    one = photo(folder, "train", "dress")
    shutil.copy(one, folder / "test" / "dress" / "again.jpg")
    (finding,) = of_kind(inspected(folder), Kind.COPY_ACROSS_SPLITS)
    assert finding.doubtful == ("test/dress/again.jpg",)
    assert finding.photos[1] == f"train/dress/{one.name}"
    assert "are the same photo in different splits: scores on it mean nothing." in finding.reason
    assert (finding.remedy, finding.to) == ("split", "train")


def test_three_copies_are_one_finding(folder: Path) -> None:
    for split in ("test", "validation"):
        shutil.copy(photo(folder, "train", "dress"), folder / split / "pants" / "again.jpg")
    (finding,) = of_kind(inspected(folder), *COPIES)
    assert finding.kind is Kind.COPY_ACROSS_SPLITS
    assert set(finding.doubtful) == {"test/pants/again.jpg", "validation/pants/again.jpg"}
    assert "(3 in all)" in finding.reason


@pytest.mark.parametrize("how", ["cropped", "re-encoded", "smaller", "brighter"])
@pytest.mark.parametrize("seed", range(4))
def test_changed_copies_are_found(folder: Path, how: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    label = CLASSES[seed % 3]
    picture = Image.open(photo(folder, "train", label, seed))
    left, top = random.uniform(0, 0.15, 2) * SIDE
    changed = {
        "cropped": picture.crop((left, top, left + 0.85 * SIDE, top + 0.85 * SIDE)),
        "re-encoded": picture,
        "smaller": picture.resize((SIDE * 2 // 3, SIDE * 2 // 3)),
        "brighter": picture.point(lambda value: min(255, int(value * 1.15))),
    }[how]
    (folder / "validation" / label / "again.jpg").write_bytes(jpeg(changed, 60))
    (finding,) = of_kind(inspected(folder), Kind.COPY_ACROSS_SPLITS)
    assert finding.doubtful == (f"validation/{label}/again.jpg",)
    assert "almost the same photo" in finding.reason


def test_copies_in_different_classes(folder: Path) -> None:
    shutil.copy(photo(folder, "train", "dress"), folder / "train" / "pants" / "again.jpg")
    (finding,) = of_kind(inspected(folder), Kind.COPY_ACROSS_CLASSES)
    assert len(finding.doubtful) == 2
    assert "in different classes: one of them is wrong" in finding.reason


def test_copies_within_a_class_leave_one(folder: Path) -> None:
    for number in range(3):
        shutil.copy(photo(folder, "train", "dress"), folder / "train" / "dress" / f"again{number}-x.jpg")
    (finding,) = of_kind(inspected(folder), Kind.COPY)
    assert (len(finding.photos), finding.about, finding.remedy) == (4, 3, "leave out")


def test_unusable_photos_are_told_apart(folder: Path) -> None:
    pixels = np.asarray(Image.open(photo(folder, "train", "dress", 5)))
    spoilt = {
        Kind.BLURRED: cv2.GaussianBlur(pixels, (0, 0), 0.02 * SIDE),
        Kind.DARK: (pixels * 0.12).astype(np.uint8),
        Kind.BLANK: np.full_like(pixels, 200),
        Kind.TINY: pixels[60:120, 60:120],
        Kind.EXTREME: np.tile(pixels[:, :96], (2, 1, 1)),
    }
    for kind, changed in spoilt.items():
        path = folder / "train" / "shoes" / f"{kind.value}.jpg"
        path.write_bytes(jpeg(Image.fromarray(np.ascontiguousarray(changed)), 95))
    (folder / "train" / "shoes" / "unreadable.jpg").write_bytes(b"no photo")
    whole = photo(folder, "validation", "pants")
    whole.write_bytes(whole.read_bytes()[:700])
    found = of_kind(inspected(folder), *UNUSABLE)
    assert {(finding.kind, finding.photos[0]) for finding in found} == {
        *((kind, f"train/shoes/{kind.value}.jpg") for kind in (*spoilt, Kind.UNREADABLE)),
        (Kind.UNREADABLE, f"validation/pants/{whole.name}"),
    }
    assert all(finding.remedy == "leave out" for finding in found)


def test_a_photo_in_the_wrong_class_comes_first(folder: Path) -> None:
    wrong = photo(folder, "train", "shoes", 3)
    wrong.rename(folder / "train" / "dress" / "moved.jpg")
    first, *_ = of_kind(inspected(folder), Kind.LABEL)
    assert first.photos == ("train/dress/moved.jpg",)
    assert (first.remedy, first.to) == ("class", "shoes")
    assert "looks more like 'shoes'" in first.reason


def test_rare_classes_missing_splits_and_imbalance(folder: Path) -> None:
    for path in sorted((folder / "train" / "shoes").iterdir())[1:]:
        path.unlink()
    for path in (folder / "test" / "pants").iterdir():
        path.unlink()
    reasons = [f.reason for f in of_kind(inspected(folder), Kind.FEW, Kind.MISSING, Kind.IMBALANCE)]
    assert any("'shoes' has only 1 training photo" in reason for reason in reasons)
    assert any("'pants' has no test photos" in reason for reason in reasons)
    assert any("consider class weights" in reason for reason in reasons)
    shutil.rmtree(folder / "test")
    catalogue_name = adding.add_folder("without test", folder)
    found = inspection.inspect(subject.of(catalogue_name))
    assert [f.reason for f in of_kind(found, Kind.MISSING)] == [
        "There is no test split, so no model can be scored on photos that it was not chosen by."
    ]


def test_similar_class_names(folder: Path) -> None:
    for split in COUNTS:
        shutil.copytree(folder / split / "dress", folder / split / "pant")
    (finding,) = of_kind(inspected(folder), Kind.SIMILAR_NAMES)
    assert "'pant' and 'pants'" in finding.reason


def test_files_that_are_passed_over(folder: Path) -> None:
    (folder / "train" / "dress" / "notes.txt").write_bytes(b"something else")
    (finding,) = of_kind(inspected(folder), Kind.PASSED_OVER)
    assert finding.reason == "1 passed over, not photos: train/dress/notes.txt."


def test_what_was_decided_is_settled_and_undone(folder: Path) -> None:
    (folder / "train" / "dress" / "bad.jpg").write_bytes(b"no photo")
    adding.add_folder("mine", folder)
    result = check.check("mine")
    assert Kind.UNREADABLE in {finding.kind for finding in result.findings}
    assert result.kinds()["train/dress/bad.jpg"] == "unreadable"
    review.decide("mine", ["train/dress/bad.jpg"], "keep", reason="unreadable")
    settled = review.of("mine").settled()
    assert Kind.UNREADABLE not in {finding.kind for finding in result.unsettled(settled)}
    review.undo("mine")
    assert Kind.UNREADABLE in {f.kind for f in result.unsettled(review.of("mine").settled())}


def test_what_is_left_out_is_not_checked_again(folder: Path) -> None:
    (folder / "train" / "dress" / "bad.jpg").write_bytes(b"no photo")
    adding.add_folder("mine", folder)
    review.decide("mine", ["train/dress/bad.jpg"], "leave out")
    assert Kind.UNREADABLE not in {finding.kind for finding in check.check("mine").findings}


def test_a_check_says_how_far_it_is_and_is_kept(folder: Path) -> None:
    adding.add_folder("mine", folder)
    seen: list[tuple[float, str]] = []
    result = check.check("mine", lambda share, words: seen.append((share, words)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert {words.split(":")[0] for _, words in seen} >= {"Reading the photos", "Computing features"}
    assert findings.read("mine") == result
    assert result.photos == sum(COUNTS.values()) * len(CLASSES)
    assert check.check("mine").findings == result.findings  # from the cache


def test_a_check_can_be_stopped(folder: Path) -> None:
    def stop(share: float, words: str) -> None:
        raise KeyboardInterrupt

    adding.add_folder("mine", folder)
    with pytest.raises(KeyboardInterrupt):
        check.check("mine", stop)
    assert findings.read("mine") is None


def test_the_score_without_twins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "SHIPPED_MODELS", features.SHIPPED.parent)
    labels = shelf.model(shelf.STARTER).labels
    for split in COUNTS:
        for label in labels:
            (folder / split / label).mkdir(exist_ok=True)
            for number in range(2):
                path = folder / split / label / f"extra-{label}-{split}-{number}.jpg"
                path.write_bytes(photographed(label, 1000 + 10 * number + len(split)))
    shutil.copy(photo(folder, "train", "dress"), folder / "validation" / "dress" / "again.jpg")
    adding.add_folder("mine", folder)
    result = check.check("mine")
    (validation, test) = result.effects
    assert (validation.model, validation.split, validation.photos) == (shelf.STARTER, "validation", 3 * 4 + 20 + 1)
    assert validation.without_twins is not None
    assert validation.without_twins[1] < validation.photos
    assert "with a copy or the same backdrop in training" in validation.sentence
    assert test.split == "test"
    assert look_count.of("mine") == 1


def test_a_check_of_a_process_of_its_own(folder: Path) -> None:
    import time

    adding.add_folder("mine", folder)
    assert check.status("mine") is None
    check.start("mine")
    deadline = time.monotonic() + 120
    while (status := check.status("mine")) and status.running and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (status.error, status.share) == ("", 1.0)
    assert findings.read("mine").photos == 60
    check.forget("mine")
    assert check.status("mine") is None


def test_a_dataset_that_vanishes_while_it_is_checked(folder: Path) -> None:
    dataset = adding.add_folder("mine", folder)
    shutil.rmtree(folder)
    found = inspection.inspect(subject.of(dataset))
    assert {finding.kind for finding in found} >= {Kind.UNREADABLE}
    assert catalogue.names()[0] == "mine"


def test_a_new_dataset_of_the_same_name_has_no_findings_of_the_old_one(folder: Path) -> None:
    (folder / "train" / "dress" / "bad.jpg").write_bytes(b"no photo")
    adding.add_folder("mine", folder)
    check._work("mine").run(lambda report: check.check("mine", report))
    assert findings.read("mine") is not None
    assert stored_map.read("mine") is not None
    assert check.status("mine") is not None
    managing.remove("mine")
    adding.add_folder("mine", folder)
    assert findings.read("mine") is None
    assert stored_map.read("mine") is None
    assert check.status("mine") is None


def test_a_dataset_that_is_removed_while_it_is_checked_does_not_come_back(folder: Path) -> None:
    adding.add_folder("mine", folder)

    def remove(share: float, words: str) -> None:
        if words.startswith("Asking"):
            managing.remove("mine")

    with pytest.raises(DatasetError, match="was removed while it was checked"):
        check.check("mine", remove)
    assert catalogue.names() == [catalogue.DRAWN]
    assert not catalogue.own_folder("mine").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [(DatasetError("No photos."), "No photos."), (OSError(errno.ENOSPC, "full"), "The disk is full")],
)
def test_a_check_that_fails_says_why(folder: Path, error: Exception, words: str) -> None:
    def fail(report: object) -> None:
        raise error

    adding.add_folder("mine", folder)
    check._work("mine").run(fail)
    status = check.status("mine")
    assert status is not None
    assert words in status.error
    assert not status.running
