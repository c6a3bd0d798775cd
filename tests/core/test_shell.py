"""The command line: what each command prints and writes, and that an error is one line and status 1."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import photos, workspace
from core.__main__ import main
from core.answering import shelf
from core.augment import engine, recipe
from core.datasets import catalogue
from core.files import processes
from core.runs import folder, launch
from core.runs.records import RunState
from tests.conftest import TINY_CLASSES, encoded, picture, zipped
from tests.fabricated import LABELS, flat, report, saved_model

RECIPE = [{"transform": "rotation", "rotation_range": 40}, {"transform": "horizontal_flip", "probability": 0.5}]


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that were started as processes, and are not."""
    calls: list[str] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: calls.append(module))
    return calls


@pytest.fixture
def colours(tmp_path: Path) -> str:
    """A dataset of photos in one colour each; the fabricated model knows them all, but one photo lies in its class."""
    shades = {"red": (250, 9, 9), "green": (9, 250, 9), "blue": (9, 9, 250)}
    place = tmp_path / "photos"
    for number, split in enumerate(("train", "validation", "test")):
        for label, levels in shades.items():
            (place / split / label).mkdir(parents=True)
            for shade in range(2):
                pixels = flat(*levels) - np.uint8(2 * number + shade)
                (place / split / label / f"{shade}.png").write_bytes(encoded(pixels, "PNG"))
    (place / "test" / "red" / "not.png").write_bytes(encoded(flat(0, 0, 200), "PNG"))
    return catalogue.add_folder("own", place).name


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Run a command that must succeed; gives the lines that it printed."""

    def command(*arguments: object) -> list[str]:
        capsys.readouterr()
        assert main([str(argument) for argument in arguments]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out.splitlines()

    return command


# Datasets


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


def test_a_dataset_whose_folder_is_gone_costs_one_line(run, tiny_dataset, tmp_path):
    run("data", "add", "gone", shutil.copytree(tiny_dataset, tmp_path / "copy"))
    run("data", "add", "tiny", tiny_dataset)
    shutil.rmtree(tmp_path / "copy")
    gone, tiny, _ = run("data", "list")
    assert gone.startswith("gone: There is no folder")
    assert tiny.startswith("tiny: 3 classes")


# Augmenting


def test_augmented_copies_are_what_training_sees(run, tmp_path):
    data = encoded(picture(50, 70), "PNG")
    (tmp_path / "photo.one.png").write_bytes(data)
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    lines = run("augment", tmp_path / "photo.one.png", "--recipe", tmp_path / "recipe.json", "--seed", 5,
                "--count", 3, "--size", 48, "--out", tmp_path / "new" / "out")  # fmt: skip
    assert lines == [str(tmp_path / "new" / "out" / f"photo.one-{view:03d}.png") for view in range(3)]
    square = photos.square(data, 48)[None]
    for view, line in enumerate(lines):
        expected = engine.augmented(square, photos.key_number(photos.key(data)), view, recipe.from_json(RECIPE), 5)[0]
        assert np.array_equal(photos.decode(Path(line).read_bytes()), expected)
        assert not np.array_equal(expected, square[0])


def test_an_empty_recipe_writes_the_photo_itself(run, tmp_path):
    (tmp_path / "photo.png").write_bytes(encoded(picture(40, 40), "PNG"))
    (tmp_path / "recipe.json").write_text("[]")
    (line,) = run("augment", tmp_path / "photo.png", "--recipe", tmp_path / "recipe.json", "--size", 40,
                  "--out", tmp_path)  # fmt: skip
    assert np.array_equal(photos.decode(Path(line).read_bytes()), picture(40, 40))


# Runs


def queued(run, tmp_path: Path, **settings: object) -> str:
    (tmp_path / "config.json").write_text(json.dumps({"dataset": "own", **settings}))
    (line,) = run("train", tmp_path / "config.json")
    return line


def test_train_queues_a_run_and_starts_a_worker(run, colours, tmp_path, started):
    run_id = queued(run, tmp_path, epochs=3, name="three")
    look = folder.look(run_id)
    assert (look.state, look.name, look.config.epochs, look.config.dataset) == (RunState.QUEUED, "three", 3, "own")
    assert started == ["models.worker"]
    second = queued(run, tmp_path)
    assert second != run_id
    assert started == ["models.worker"]


def test_train_queues_a_whole_study(run, colours, tmp_path, started):
    (tmp_path / "config.json").write_text('{"dataset": "own", "epochs": 3}')
    ids = run("train", tmp_path / "config.json", "--study", "dropout")
    looks = [folder.look(run_id) for run_id in ids]
    assert [look.config.dropout for look in looks] == [0, 0.2, 0.5, 0.8]
    assert {look.config.epochs for look in looks} == {3}
    assert len({look.config.study for look in looks}) == 1
    assert started == ["models.worker"]
    grid = run("train", tmp_path / "config.json", "--grid", "dropout = 0.1, 0.3; epochs = 1, 2", "--device", "cpu")
    assert folder.look(grid[0]).name == "dropout 0.1, epochs 1"
    assert {folder.look(run_id).device for run_id in grid} == {"cpu"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--study", "colours"], "There is no study 'colours'; there are: learning-rates"),
        (["--study", "ablation"], "two transforms or more"),
        (["--device", "gpu-7"], "There is no device 'gpu-7'"),
    ],
)
def test_a_study_or_device_that_is_not_there_queues_nothing(colours, tmp_path, started, capsys, arguments, words):
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    assert main(["train", str(tmp_path / "config.json"), *arguments]) == 1
    assert words in capsys.readouterr().err
    assert folder.ids() == started == []


def finish(run_id: str, phase: str, **status: object) -> None:
    """What the worker writes at a run's end."""
    made = folder.folder_of(run_id)
    (made / "status.json").write_text(json.dumps({"phase": phase, "progress": 1.0, **status}))
    (made / "report.json").write_text(json.dumps(report(0.75, test=0.5)))


def test_train_can_wait_for_the_end(colours, tmp_path, monkeypatch, capsys):
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    calls = []

    def worker() -> bool:
        calls.append(len(folder.ids()))
        if len(calls) == 2:
            finish(folder.ids()[0], "done", model="own-model", warning="One photo was left out.")
        return True

    monkeypatch.setattr(launch, "ensure_worker", worker)
    assert main(["train", str(tmp_path / "config.json"), "--wait"]) == 0
    printed = capsys.readouterr()
    run_id, report = printed.out.splitlines()
    assert run_id == folder.ids()[0]
    assert json.loads(report) == {"model": "own-model", "validation_accuracy": 0.75, "test_accuracy": 0.5}
    assert printed.err == "One photo was left out.\n"


@pytest.mark.parametrize(("phase", "error", "line"), [("failed", "The disk is full.", "The disk is full."),
                                                      ("stopped", "", "The run was stopped.")])  # fmt: skip
def test_waiting_for_a_run_that_fails_is_status_1(colours, tmp_path, monkeypatch, capsys, phase, error, line):
    (tmp_path / "config.json").write_text('{"dataset": "own"}')
    monkeypatch.setattr(launch, "ensure_worker", lambda: finish(folder.ids()[0], phase, error=error))
    assert main(["train", str(tmp_path / "config.json"), "--wait"]) == 1
    assert capsys.readouterr().err == line + "\n"


def test_runs_lists_the_newest_first(run, colours, tmp_path):
    assert run("runs") == []
    first, second, third = (queued(run, tmp_path, name=f"number {i}", seed=i) for i in range(3))
    finish(first, "done", model="m")
    (folder.folder_of(second) / "status.json").write_text('{"phase": "failed", "error": "No luck.", "progress": 0.25}')
    rows = [json.loads(line) for line in run("runs", "--json")]
    by_id = {row["id"]: row for row in rows}
    assert [row["id"] for row in rows] == sorted(by_id, reverse=True)
    assert by_id[first] == {
        "id": first, "state": "done", "name": "number 0", "dataset": "own", "progress": 1.0, "model": "m", "error": "",
        "validation_accuracy": 0.75, "test_accuracy": 0.5,
    }  # fmt: skip
    assert (by_id[second]["state"], by_id[second]["error"]) == ("failed", "No luck.")
    assert by_id[third]["state"] == "queued"
    text = {line.split()[0]: line for line in run("runs")}
    assert "number 0" in text[first]
    assert "0.750" in text[first]
    assert "0.500" in text[first]
    assert "25%" in text[second]
    assert "No luck." in text[second]


def test_stop_asks_once(run, colours, tmp_path, capsys):
    run_id = queued(run, tmp_path)
    (line,) = run("stop", run_id)
    assert run_id in line
    assert folder.look(run_id).state is RunState.STOPPED
    assert main(["stop", run_id]) == 1
    assert "has ended already" in capsys.readouterr().err


# Asking models


def colour_photos(tmp_path: Path) -> list[Path]:
    made = {"red.png": encoded(flat(255, 0, 0), "PNG"), "broken.jpg": b"\xff\xd8\xff no", "blau é.png":
            encoded(flat(0, 0, 255), "PNG"), "grey.png": encoded(flat(99, 98, 97), "PNG")}  # fmt: skip
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    return [tmp_path / name for name in made]


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
    assert [one["file"] for one in (red, broken, blue, grey)] == [str(path) for path in paths]
    assert set(broken) == {"file", "error"}
    for one in (red, blue, grey):
        assert set(one) == {"file", "answers", "unsure", "reason"}
        shares = [answer["probability"] for answer in one["answers"]]
        assert {answer["label"] for answer in one["answers"]} == set(LABELS)
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert one["unsure"] is bool(one["reason"])
    assert [one["answers"][0]["label"] for one in (red, blue)] == ["red", "blue"]
    assert [one["unsure"] for one in (red, blue, grey)] == [False, False, True]


def test_predict_asks_the_pinned_model(run, tmp_path):
    saved_model("colours")
    saved_model("other", labels=["a", "b", "c"], validation=0.9)
    path = colour_photos(tmp_path)[0]
    assert run("predict", path)[0].startswith(f"{path}: a ")
    shelf.pin("colours")
    assert run("predict", path)[0].startswith(f"{path}: red ")


def test_predict_takes_folders_and_zips(run, tmp_path, monkeypatch):
    saved_model("colours")
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "photos" / "beach"
    place.mkdir(parents=True)
    (place / "a.png").write_bytes(encoded(flat(255, 0, 0), "PNG"))
    (place / "b.webp").write_bytes(encoded(flat(0, 255, 0), "WEBP"))
    (place / "notes.txt").write_text("no photo")
    (tmp_path / "more.zip").write_bytes(zipped(tmp_path / "photos"))
    lines = run("predict", "photos", "more.zip", "photos/beach/a.png")
    names = ["photos/beach/a.png", "photos/beach/b.webp", "more.zip/beach/a.png", "more.zip/beach/b.webp"]
    assert [line.split(": ")[0] for line in lines] == [*names, names[0]]
    assert [line.split()[1] for line in lines] == ["red", "green", "red", "green", "red"]


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


def test_predict_does_not_write_over_a_photo(run, tmp_path, capsys):
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


def test_predict_shows_how_far_it_is_where_a_person_looks(run, tmp_path, capsys, monkeypatch):
    saved_model("colours")
    paths = colour_photos(tmp_path)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["predict", *map(str, paths)]) == 1
    shown = capsys.readouterr().err
    assert "asking colours" in shown
    assert "4 of 4, 0 s left" in shown
    assert shown.endswith("\r\033[K")


def test_evaluate_scores_a_split(run, colours):
    saved_model("colours")
    (line,) = run("evaluate", "colours", "--json")
    scores = json.loads(line)
    assert (scores["model"], scores["split"]) == ("colours", "test")
    assert (scores["correct"], scores["count"], scores["accuracy"]) == (6, 7, 6 / 7)
    assert {"interval", "loss", "calibration_error", "per_class", "confusion"} <= set(scores)
    assert scores["confusion"] == [[2, 0, 1], [0, 2, 0], [0, 0, 2]]  # in the model's order: red, green, blue
    assert json.loads(run("evaluate", "colours", "--split", "validation", "--json")[0])["accuracy"] == 1.0
    head, *rows = run("evaluate", "colours")
    assert "colours on test: 0.8571 (6 of 7), 95 % interval 0.487 to 0.974" in head
    assert [row.split()[:2] for row in rows] == [["red", "0.667"], ["green", "1.000"], ["blue", "1.000"]]


def test_evaluate_best_and_by_folder(run, colours):
    saved_model("weak", validation=0.5, created="2025-07-01T00:00:00+00:00")
    strong = saved_model("strong", validation=0.8)
    saved_model("elsewhere", validation=0.9, dataset="shoes")
    for arguments in (["best", "--dataset", "own"], [strong]):
        assert json.loads(run("evaluate", *arguments, "--json")[0])["model"] == "strong"
    shelf.delete("elsewhere")
    assert json.loads(run("evaluate", "best", "--json")[0])["model"] == "strong"


# Errors


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colours: str) -> Path:
    """A folder to stand in, with a photo, a recipe and some files that are no good."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(encoded(picture(20, 20), "PNG"))
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    (tmp_path / "bad.json").write_text('[{"transform": "sepia"}]')
    (tmp_path / "half.json").write_text("[{")
    (tmp_path / "bad.zip").write_bytes(b"PK nothing")
    (tmp_path / "empty").mkdir()
    for name, text in {"nowhere": '{"dataset": "nowhere"}', "typo": '{"dataset": "own", "epoch": 3}',
                       "nan": '{"dataset": "own", "learning_rate": NaN}'}.items():  # fmt: skip
        (tmp_path / f"{name}.json").write_text(text)
    saved_model("colours")
    shutil.copytree(saved_model("stranger", labels=["red", "green", "pink"]), tmp_path / "damaged")
    (tmp_path / "damaged" / "head.npz").write_bytes(b"PK")
    return tmp_path


AUGMENT = "augment photo.png --out out --recipe"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("predict photo.png --model nobody", "'nobody'"),
        ("predict photo.png --model damaged", "damaged"),
        ("predict nothing.png --model colours", "nothing.png"),
        ("predict empty --model colours", "folder"),
        ("predict", "photo"),
        ("augment nothing.png --recipe recipe.json --out out", "nothing.png"),
        (f"{AUGMENT} nothing.json", "nothing.json"),
        (f"{AUGMENT} empty", "empty"),
        (f"{AUGMENT} photo.png", "photo.png"),
        (f"{AUGMENT} bad.json", "'sepia'"),
        (f"{AUGMENT} half.json", "no JSON"),
        (f"{AUGMENT} recipe.json --count 0", "--count is 0"),
        (f"{AUGMENT} recipe.json --count some", "some"),
        (f"{AUGMENT} recipe.json --size 0", "--size is 0"),
        (f"{AUGMENT} recipe.json --size 1000000", "--size is 1000000"),
        ("augment photo.png --recipe recipe.json --out photo.png", "photo.png"),
        ("data add Own photos", "'Own'"),
        ("data add own photos", "'own'"),
        ("data add new nothing", "nothing"),
        ("data add new empty", "train"),
        ("data add new bad.zip", "zip"),
        ("data check nobody", "'nobody'"),
        ("data", "ACTION"),
        ("train nothing.json", "nothing.json"),
        ("train half.json", "no JSON"),
        ("train recipe.json", "no settings"),
        ("train nowhere.json", "'nowhere'"),
        ("train typo.json", "'epoch'"),
        ("train nan.json", "learning_rate"),
        ("stop nobody", "'nobody'"),
        ("evaluate nobody", "'nobody'"),
        ("evaluate best --dataset shoes", "'shoes'"),
        ("evaluate colours --dataset nobody", "'nobody'"),
        ("evaluate stranger", "'blue'"),
        ("evaluate colours --split tests", "tests"),
        ("evaluate damaged", "damaged"),
        ("export nobody --format keras", "'nobody'"),
        ("export colours --format keras --out nothing/x.keras", "nothing"),
        ("export colours --format onnx", "onnx"),
        ("fly", "fly"),
        ("", "COMMAND"),
    ],
)
def test_an_error_is_one_line_and_status_1(place, capsys, command, words):
    before = sorted(place.rglob("*"))
    try:
        status = main(command.split())
    except SystemExit as ended:  # argparse's way
        status = ended.code
    printed = capsys.readouterr()
    assert status == 1
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    assert words in printed.err
    assert "Traceback" not in printed.err
    assert [path for path in sorted(place.rglob("*")) if path not in before and path.name != "out"] == []


def test_an_export_that_fails_in_its_process_passes_the_sentence_on(place, capsys, monkeypatch):
    commands = []

    def other_process(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 1, "", "I0000 chatter of TensorFlow\nThe sentence.\n")

    monkeypatch.setattr(subprocess, "run", other_process)
    assert main(["export", "colours", "--format", "keras"]) == 1
    assert capsys.readouterr().err == "The sentence.\n"
    assert commands[0][1:] == ["-m", "models.export", str(workspace.models() / "colours"), "--format", "keras",
                               "--out", str(place / "colours.keras")]  # fmt: skip


def test_no_model_at_all_says_how_to_get_one(place, capsys):
    shutil.rmtree(workspace.models())
    for command in ("predict photo.png", "evaluate best"):
        assert main(command.split()) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "no saved model yet" in line


COMMANDS = (
    "predict",
    "augment",
    "data",
    "data add",
    "data download",
    "data list",
    "data check",
    "train",
    "runs",
    "stop",
)


@pytest.mark.parametrize("command", ["", *COMMANDS, "evaluate", "export"])
def test_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


def test_as_a_process(place):
    def core(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "core", *arguments], cwd=workspace.PROJECT, capture_output=True,
                              text=True, encoding="utf-8", timeout=60, check=False)  # fmt: skip

    good = core("predict", "--json", "--model", "colours", str(place / "photo.png"))
    assert (good.returncode, len(good.stdout.splitlines())) == (0, 1)
    assert "answers" in json.loads(good.stdout)
    bad = core("stop", "nobody")
    assert (bad.returncode, bad.stdout, len(bad.stderr.splitlines())) == (1, "", 1)
