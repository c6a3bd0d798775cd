"""How often test photos were looked at: by runs, deleted ones too, by evaluations and by checks."""

import json
import os
from pathlib import Path

import pytest

from core.answering import shelf, trial
from core.datasets import adding, catalogue, looks, managing
from core.runs import look_count, queue
from core.shell.main import main
from tests.conftest import zipped
from tests.core.test_runs import make_run
from tests.fabricated import report, saved_model

WORDS = "Test photos looked at {}: the more often you choose by them, the less they tell."


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    return adding.add_folder("tiny", tiny_dataset).name


def scored(run_id: str, **scores: float) -> Path:
    """A finished run of the dataset tiny with these scores."""
    folder = make_run(run_id, {"phase": "done", "model": run_id}, dataset="tiny")
    (folder / "report.json").write_text(json.dumps(report(**scores)))
    return folder


def test_runs_evaluations_and_deleted_runs_count(tiny: str) -> None:
    assert (look_count.of(tiny), look_count.sentence(tiny)) == (0, "")
    scored("a", test=0.5)
    scored("b", test=0.5)
    scored("c")  # the dataset had no test photos then
    make_run("d", {"phase": "failed"}, dataset="tiny")
    make_run("e", {"phase": "done"}, dataset="other")
    assert look_count.of(tiny) == 2
    looks.note(tiny)
    assert look_count.sentence(tiny) == WORDS.format("3 times")
    for run_id in "abc":
        queue.delete(run_id)
    assert look_count.of(tiny) == 3
    assert [look.run for look in looks.of(tiny)] == ["", "a", "b"]


def test_one_look_is_once(tiny: str) -> None:
    looks.note(tiny)
    assert look_count.sentence(tiny) == WORDS.format("once")


def test_a_run_that_could_not_be_deleted_counts_once(tiny: str) -> None:
    run = scored("a", test=0.5)
    look_count.keep(run)
    look_count.keep(run)
    assert look_count.of(tiny) == 1


def test_only_scores_on_test_photos_are_looks(tiny: str) -> None:
    saved_model("shapes", dataset="tiny", labels=list(catalogue.load(tiny).classes))
    model, dataset = shelf.model("shapes"), catalogue.load(tiny)
    for split in ("train", "validation"):
        trial.scores(model, dataset, split)
    assert look_count.of(tiny) == 0
    trial.scores(model, dataset, "test")
    assert look_count.of(tiny) == 1


def test_the_shell_says_it_beside_the_score(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    saved_model("shapes", dataset="tiny", labels=list(catalogue.load(tiny).classes))
    assert main(["evaluate", "shapes"]) == 0
    assert capsys.readouterr().out.endswith(f"{WORDS.format('once')}\n")
    assert main(["evaluate", "shapes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["looks"] == 2
    assert main(["evaluate", "shapes", "--split", "validation"]) == 0
    captured = capsys.readouterr()
    assert "looked at" not in captured.out + captured.err


def test_the_drawn_garments_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    looks.note(catalogue.DRAWN)  # not drawn yet, so nobody can have looked at them
    assert look_count.of(catalogue.DRAWN) == 0
    catalogue.own_folder(catalogue.DRAWN).mkdir(parents=True)
    looks.note(catalogue.DRAWN)
    assert look_count.of(catalogue.DRAWN) == 1


@pytest.mark.parametrize("name", ["gone", "../runs", "", "a\0b", "x" * 300])
def test_a_dataset_that_is_not_here_has_no_count_and_is_not_made(name: str, home: Path) -> None:
    looks.note(name)
    assert (look_count.of(name), look_count.sentence(name)) == (0, "")
    assert not (home / "datasets").exists()


def test_a_copy_and_a_new_split_keep_the_looks(tiny_dataset: Path, tmp_path: Path) -> None:
    archive = tmp_path / "tiny.zip"
    archive.write_bytes(zipped(tiny_dataset))
    adding.add_zip("tiny", archive)
    looks.note("tiny")
    managing.copy("tiny", "Other")
    managing.split_anew("tiny")
    managing.rename("tiny", "Shapes")
    assert (look_count.of("other"), look_count.of("tiny")) == (1, 1)
    managing.remove("tiny")
    assert look_count.of("tiny") == 0


def test_damaged_lines_are_passed_over(tiny: str) -> None:
    looks.note(tiny)
    path = catalogue.own_folder(tiny) / looks.FILE
    with path.open("ab") as file:
        file.write(b'not JSON\n{"version": 2}\n{"version": 1, "run": 7}\n\xff\xfe\n[]\n\n{"version": 1, "da\n')
    looks.note(tiny)
    assert look_count.of(tiny) == 2


def test_the_file_does_not_grow_for_ever(tiny: str) -> None:
    path = catalogue.own_folder(tiny) / looks.FILE
    looks.note(tiny)
    line = path.read_bytes()
    path.write_bytes(line * (looks.MOST_BYTES // len(line)))
    size = path.stat().st_size
    looks.note(tiny)
    assert path.stat().st_size == size
    assert look_count.of(tiny) == size // len(line)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("make", ["folder", "pipe", "link"])
def test_what_is_no_file_is_left_alone(tiny: str, make: str) -> None:
    path = catalogue.own_folder(tiny) / looks.FILE
    if make == "link":
        path.symlink_to(path.parent / "elsewhere")
    else:
        (os.mkfifo if make == "pipe" else os.mkdir)(path)
    looks.note(tiny)
    assert look_count.of(tiny) == 0
    assert not (path.parent / "elsewhere").exists()


def test_a_disk_that_takes_nothing_keeps_no_score_from_anybody(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        looks.note(tiny)
    assert look_count.of(tiny) == 0
