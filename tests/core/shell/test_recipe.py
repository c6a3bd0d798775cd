"""`python -m core recipe`: a recipe as code."""

from pathlib import Path

import pytest

from core.augment import recipe
from core.augment.code.targets import TARGETS
from core.shell.main import main

STEPS = (recipe.step("rotation", rotation_range=40), recipe.step("blur"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.json"
    path.write_text(recipe.dumps(STEPS))
    return path


@pytest.mark.parametrize("key", TARGETS)
def test_it_prints_the_code_or_writes_it(
    key: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["recipe", str(file), "--code", key, "--seed", "5", "--size", "150"]
    expected = TARGETS[key].source(STEPS, 5, 150)
    assert main(options) == 0
    assert capsys.readouterr().out == expected
    assert main([*options, "--out", str(tmp_path / "code.txt")]) == 0
    assert (tmp_path / "code.txt").read_text(encoding="utf-8") == expected
    (tmp_path / "folder").mkdir()
    assert main([*options, "--out", str(tmp_path / "folder")]) == 0
    assert (tmp_path / "folder" / TARGETS[key].file_name).read_text(encoding="utf-8") == expected
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "code.txt"), str(tmp_path / "folder" / TARGETS[key].file_name)
    ]  # fmt: skip


def test_it_reads_a_link_to_augment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from urllib.parse import quote

    link = tmp_path / "link.txt"
    link.write_text(f"http://localhost:8501/augment?recipe={quote(recipe.to_link(STEPS))}&seed=5")
    assert main(["recipe", str(link), "--code", "json"]) == 0
    assert recipe.loads(capsys.readouterr().out) == STEPS
