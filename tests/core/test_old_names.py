"""Names on old disks that are not UTF-8: read as words, opened by their bytes, harmless in files and on screens."""

import json
import os
import sys
from pathlib import Path

import pytest

from core import workspace
from core.__main__ import main
from core.datasets import adding, catalogue, managing, pack, trained_on
from core.files.names import name_text, path_text
from core.reviewing import check
from core.reviewing.findings import Kind
from tests.conftest import encoded, picture
from tests.fabricated import saved_model

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such names")

CODE_PAGES = ["latin-1", "cp850", "cp1251", "gbk"]
WORDS = {"latin-1": ("Hüte", "Röcke"), "cp850": ("Hüte", "Röcke"), "cp1251": ("Шляпа", "Юбка"), "gbk": ("裙子", "裤子")}


def old_dataset(root: Path, code_page: str) -> Path:
    """A dataset whose class folders and files have names in an old code page."""
    for split in ("train", "validation", "test"):
        for seed, word in enumerate(WORDS[code_page]):
            folder = os.path.join(os.fsencode(root / split), word.encode(code_page))  # noqa: PTH118 (bytes)
            os.makedirs(folder)  # noqa: PTH103
            for number in range(2):
                name = os.path.join(folder, f"{word} {number}.png".encode(code_page))  # noqa: PTH118
                with open(name, "wb") as file:  # noqa: PTH123
                    file.write(encoded(picture(12, 12, seed=10 * seed + number + len(split)), "PNG"))
    return root


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_a_dataset_with_old_names_works(home: Path, tmp_path: Path, code_page: str) -> None:
    dataset = adding.add_folder("old", old_dataset(tmp_path / "photos", code_page))
    assert dataset.classes == WORDS[code_page]
    packs = {split: pack.load(dataset, split, 16) for split in dataset.splits}
    assert len(packs["train"]) == 4
    first = WORDS[code_page][0]
    assert packs["train"].names[0] == f"train/{first}/{first} 0.png"
    assert pack.load(dataset, "train", 16).names == packs["train"].names  # the index was read again
    assert trained_on.of(packs, dataset.classes).classes == WORDS[code_page]
    assert not [found for found in check.check(dataset.name).findings if found.kind is Kind.UNREADABLE]
    managing.remove("old")
    assert catalogue.names() == [catalogue.DRAWN]
    assert len(list((tmp_path / "photos" / "train").iterdir())) == 2  # the photos stay


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_the_shell_prints_old_names(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], code_page: str
) -> None:
    saved_model("colours")
    place = old_dataset(tmp_path / "photos", code_page)
    assert main(["data", "add", "old", str(place)]) == 0
    assert main(["data", "check", "old"]) == 0
    assert main(["predict", "--json", str(place / "test")]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    first = WORDS[code_page][0]
    assert lines[0]["file"].endswith(f"test/{first}/{first} 0.png")
    assert main(["data", "remove", "old"]) == 0


def test_a_folder_whose_own_path_has_an_old_name(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / os.fsdecode("Kleider f\xfcr M\xe4dchen".encode("latin-1"))
    old_dataset(place, "latin-1")
    assert main(["data", "add", "old", str(place)]) == 0
    assert catalogue.load("old").classes == WORDS["latin-1"]
    assert "Kleider für Mädchen" in capsys.readouterr().out
    assert (workspace.datasets() / "old" / "dataset.json").read_bytes().isascii()
    (place / "train").rename(place / "elsewhere")
    assert main(["data", "check", "old"]) == 1
    assert "not split into train and validation" in capsys.readouterr().err


def test_names_are_left_alone_otherwise() -> None:
    for name in ("Röcke", "裤子", "a\ud83d", "plain.jpg", ""):
        assert name_text(name) == name
    assert path_text(Path("/a") / os.fsdecode(b"R\xf6cke") / "b.jpg") == "/a/Röcke/b.jpg"
