"""Data over a dataset whose photos are no files: nothing hangs, and the check names them."""

import os
import shutil
from pathlib import Path

import pytest

from core.datasets import adding
from core.reviewing import check, findings
from tests.pages.conftest import page, room


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.timeout(60)
def test_pipes_devices_and_huge_files_are_passed_by(tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset, tmp_path / "photos")
    os.mkfifo(folder / "train" / "bars" / "0.png")  # the first of its class
    (folder / "train" / "disc" / "0.png").symlink_to("/dev/zero")
    (folder / "train" / "frame" / "0.png").touch()
    os.truncate(folder / "train" / "frame" / "0.png", 5_000_000_000)
    adding.add_folder("odd", folder)
    app = page("data")
    assert "neither files nor folders" in " ".join(element.value for element in (*app.markdown, *app.caption))
    check.check("odd")
    app = room("odd", "Findings")
    assert not app.exception
    reasons = [finding.reason for finding in findings.read("odd").findings]
    assert any("neither files nor folders" in reason for reason in reasons)
    assert any("must have at most 100 MB" in reason for reason in reasons)
