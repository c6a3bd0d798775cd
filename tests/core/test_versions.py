"""Samples of every stored record of every version so far: each is read as it was meant, or refused in a sentence."""

import ast
import importlib
import json
import pkgutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core import workspace
from core.answering import shelf
from core.answering.likeness import Corrected, Neighbours, Subspace
from core.augment import recipe, saved
from core.augment.catalogue import TRANSFORMS
from core.datasets import catalogue, offered
from core.errors import AppError, SettingsError
from core.files import leftovers, records
from core.reviewing import check, findings
from core.runs import estimate, folder, look_count, queue
from core.runs.config import RunConfig
from core.runs.records import Epoch, RunState
from core.shell.main import main
from tests import samples
from tests.samples import ERAS, NEWER, NEWER_PLACES, RECORDS, Era

ROOT = Path(__file__).parents[2]
ENDED = {"phase": RunState.DONE, "attempts": 1, "model": "first-try", "progress": 1.0, "warning": "", "cause": ""}
SCORED = {"epoch": 1, "loss": 0.753404, "val_loss": 1.09972, "val_accuracy": 0.666667, "seconds": 0.017681}
LABELS = ("red", "green", "blue")
CARD = {
    "name": "first-try",
    "labels": LABELS,
    "temperature": 1.2345,
    "best_epoch": 1,
    "teacher": None,
}
SPEEDS = {"mobilenet_v2": 1.25, "small_cnn": 0.41149724834966517}
NO_SETTING = {"study": None, "parent": None, "fine_tune": None, "recipe": ()}

READ: dict[str, dict[str, Any]] = {  # sample → what it means; values of parts by their path
    "config/first": {"dropout": 0.2, "dense_layers": (8,), "epochs": 3, "fine_tune": None, "parent": None},
    "config/shortest": {"dataset": "shirts", "backbone": "mobilenet_v2", "image_size": 224, **NO_SETTING},
    "config/all-transforms": {"backbone": "small_cnn", "fine_tune": None},
    "config/study": {"study": "dropout-20261122-201500", "name": "dropout 0.5", "dropout": 0.5},
    "config/fine-tuned": {
        "parent": "20261122-231540-028120-85da",
        "fine_tune.epochs": 2,
        "fine_tune.blocks": 3,
        "fine_tune.mixed_precision": True,
    },
    "config/residual": {"backbone": "residual", "study": "dropout-20261123-101500123456"},
    "config/trial": {"trial": True, "study": "search-20261129-184507558173", "name": "trial 7"},
    "config/on-a-saved-model": {"backbone": "model:first-try", "image_size": 32, "fine_tune": None},
    "status/first": {**ENDED, "device": ""},
    "status/first-running": {"phase": RunState.RUNNING, "stage": "epoch 2 of 3", "progress": 0.61, "time_left": 4.2},
    "status/device": {**ENDED, "device": "CPU, then L4"},
    "status/failed": {"phase": RunState.FAILED, "attempts": 2, "device": "L4", "cause": "gpu memory", "model": ""},
    "status/version": {**ENDED, "device": "CPU", "receipt": ""},
    "status/receipt": {**ENDED, "receipt": "Y0CH-4SMP"},
    "notes/first": {"name": "first try", "note": "", "device": "auto"},
    "notes/device": {"name": "", "device": "cpu"},
    "notes/device-and-name": {"name": "first try", "device": "cpu"},
    "notes/version": {"name": "first try", "note": "", "device": "auto"},
    "model-note/first": {"title": "", "note": "quick, but weak on shirts"},
    "model-note/title": {"title": "Shirts & shoes", "note": "quick, but weak on shirts"},
    "notes/starred": {"name": "first try", "study_name": "My rates", "is_starred": True, "is_archived": False},
    "epoch/first": {**SCORED, "stage": 0, "scored_on": ""},
    "epoch/fine-tuned": {**SCORED, "epoch": 3, "stage": 1, "scored_on": ""},
    "epoch/version": {**SCORED, "stage": 0, "scored_on": ""},
    "epoch/scored-on": {**SCORED, "stage": 0, "scored_on": "1c45b9e54413d4f1"},
    "partial-epoch/first": {"epoch": 2, "batch": 1, "batches": 4, "loss": 1.29962},
    "partial-epoch/version": {"epoch": 2, "batch": 1, "batches": 4, "accuracy": 0.277778},
    "report/first": {
        "model": "first-try",
        "temperature": 1.2345,
        "trained_on": None,
        "scores.validation.correct": 6,
        "scores.test.correct": 5,
        "scores.test.wrong": None,
        "scores.test.calibration_error_before": None,
    },
    "report/receipt": {"receipt": "Y0CH-4SMP", "model": "first-try"},
    "report/no-test": {"scores.test": None, "scores.test_accuracy": None, "scores.validation.correct": 6},
    "report/mistakes": {"scores.test.wrong": (5, 6, 7, 8), "scores.test.calibration_error_before": 0.1123},
    "report/version": {"scores.test.wrong": (5, 6, 7, 8), "trained_on": None, "best_epoch": 1},
    "report/trained-on": {"trained_on.fingerprint": "2becc42ee96dce8d", "trained_on.classes": LABELS},
    "card/first": {
        **CARD,
        "thresholds.probability": 0.95,
        "thresholds_at": {},
        "trained_on": None,
        "strangers": None,
        "scores.test.wrong": None,
        "licence": "",
    },
    "card/mistakes": {**CARD, "scores.test.wrong": (5, 6, 7, 8), "thresholds_at": {}},
    "card/thresholds-by-rate": {**CARD, "thresholds.probability": 0.4, "trained_on": None, "strangers": None},
    "card/starter": {"run": "", "teacher.name": "fine-tuned-150-px", "trained_on": None, "strangers": None},
    "card/all-fields": {**CARD, "trained_on": None, "strangers": None},
    "card/trained-on": {**CARD, "trained_on.fingerprint": "2becc42ee96dce8d", "strangers": None},
    "card/strangers": {**CARD, "strangers.noticed": 46, "strangers.count": 54, "network": "small_cnn"},
    "card/on-a-saved-model": {**CARD, "architecture": "small_cnn", "network": "small_cnn"},
    "card/imported": {"imported.pixels": "-1-1", "imported.labels": "dataset", "receipt": "Y0CH-4SMP"},
    "card/receipt": {"receipt": "Y0CH-4SMP", "imported": None, "sets": {}},
    "card/sets": {"receipt": "Y0CH-4SMP", "imported.pixels": "-1-1"},
    "card/held-out": {"receipt": "Y0CH-4SMP", "entropy_weight": 0.0, "held_out.correct": 41, "held_out.count": 45},
    "card/entropy": {"entropy_weight": 0.045, "thresholds.similarity": -0.02},
    "card/corrected": {"name": "first-try-corrected", "corrected.origin": "first-try", "corrected.gained": 3},
    "pinned/first": {"name": "first-try", "declined": ()},
    "pinned/none": {"name": None, "declined": ()},
    "pinned/version": {"name": "first-try", "declined": ()},
    "pinned/declined": {"name": None, "declined": ("second-try",)},
    "dataset/first": {"folder": "photos", "passed_over": {}},
    "dataset/version": {"folder": "photos", "passed_over": {}},
    "dataset/passed-over": {"folder": "photos", "passed_over": {"no photo": ("notes.txt",)}},
    "dataset/title": {"folder": "photos", "title": "Hemden & Röcke", "is_collected": False},
    "dataset/collected": {"folder": "photos", "title": "Toys", "is_collected": True},
    "splits/first": {"shares": (0.8, 0.1, 0.1), "seed": 3, "sessions": 3, "divided": False},
    "splits/divided": {"shares": (0.5, 0.3, 0.2), "divided": True},
    "review/first": {"decisions.1.to": "green", "decisions.2.undone": "2026-11-28T12:00:03+00:00"},
    "review/empty": {"decisions": ()},
    "look/first": {"date": "2026-11-28T12:30:00+00:00", "run": "20261127-101112-131415-0a0b"},
    "evaluation/first": {
        "left_out": {"grey": 2},
        "figures.correct": 6,
        "figures.per_class.0.f1": 0.8,
        "figures.undoubted.0.rate": 0.05,
        "figures.top_3_interval": (0.645661, 1.0),
    },
    "findings/first": {
        "photos": 27,
        "findings.0.kind": "label",
        "findings.0.doubtful": ("train/red/0.png",),
        "findings.0.to": "green",
        "findings.1.photos": (),
        "effects.0.without_twins": (4, 7),
        "effects.1.without_twins": None,
        "listed": {"train": 9, "validation": 9, "test": 9},
    },
    "findings/nothing": {"findings": (), "effects": (), "seconds": 1.5},
    "check/first": {"share": 0.65, "words": "Comparing photos: 12 of 27", "error": ""},
    "check/failed": {"share": 0.0, "error": "There is no dataset 'shirts'. Add one on the Data page."},
    "lesson/first": {"kinds": ("summer dress", "Rock & Bluse"), "base": "starter"},
    "lesson/created": {"kinds": ("hat",), "created": "2026-11-28T12:00:00+00:00"},
    "lesson/empty": {"kinds": (), "base": "first-try"},
    "outcome/first": {
        "draft": "000002",
        "mistakes.0.answer": "shoes",
        "twins.0": ("hat/a.jpg", "shoes/a.jpg"),
        "curve.0.accuracy": 0.8,
        "suggestions.0.unsure": True,
        "waiting": 12,
    },
    "outcome/too-little": {"draft": "", "photos": ()},
    "corrections/first": {"model": "first-try", "photos.0.photo": "green/a.png", "photos.0.answer": "red"},
    "delivery/first": {"place": "http://127.0.0.1:5000", "sentences.0": "2 runs were logged: a, b."},
    "search/first": {"minutes": 3.0, "stages": ("head", "augmentation"), "name": "overnight", "parallel": 2},
    "search-progress/first": {"phase": "final", "stages.0.key": "head", "trials.1.state": "ended early"},
    "import/first": {"title": "My Xception", "labels": ("dress", "hat"), "model": "my-xception"},
    "corrections/empty": {"model": "starter", "created": "", "photos": ()},
    "recipe/first": {"name": "Tilted"},
    "recipe/all-transforms": {"name": "All"},
    "recipe/version": {"name": "Tilted"},
    "pack/first": {"classes": (), "labels": (0, 1, 2), "skipped": (("train/blue/1.png", "The photo is damaged."),)},
    "pack/version": {"classes": (), "labels": (0, 1, 2)},  # without classes the pack is made again
    "pack/classes": {"classes": ("red", "green", "blue"), "labels": (0, 1, 2)},
    "speed/first": SPEEDS,
    "speed/version": SPEEDS,
    "download/first": {"share": 0.45, "words": "53 of about 106 MB", "error": ""},
    "download/failed": {"share": 0.0, "error": "The download was interrupted. Start it again."},
    "download/version": {"share": 0.45, "running": False},
    "head/first": {"activation": "relu"},
    "head/dense": {"activation": "relu"},
    "stats/first": {"features": 3, "__class__": Neighbours},
    "stats/axes": {"features": 3, "__class__": Subspace, "examples": None},
    "stats/examples": {"features": 3, "__class__": Subspace},
    "stats/none-of-these": {"features": 3, "__class__": Corrected, "measure.__class__": Neighbours, "bias": -2.0},
}
VALUES: dict[str, Any] = {  # samples that are plain values
    "labels/first": ["red", "green", "blue"],
    "worker-start/first": "",  # its name was another one, so nobody counts it
    "worker-start/count": "The training process started 3 times",
    "partial-epoch/overflowed": None,  # a loss that JSON has no number for; the line is left out
    "epoch/newer": None,
    "partial-epoch/newer": None,
}
REFUSED = {  # decision 20: every widget can show what a run may have
    "config/dropout-beyond-0.99": "dropout must be at most 0.99, got 0.995.",
    "config/patience-beyond-10000": "early_stopping must be at most 10000, got 20000.",
    "config/warmup-beyond-a-million": "warmup must be at most 1000000, got 2000000.",
    "config/newer": "The file was written by a newer version of this program (format 2; this one reads up to 1). "
    "Update the program.",
}


def problem(name: str, place: Path) -> str:
    """What is wrong with today's reading of a sample; empty if it is right. `place` is an empty folder."""
    try:
        value = samples.read(name, place)
    except AppError as error:
        expected = REFUSED.get(name, "newer version" if name.endswith(f"/{NEWER}") else None)
        fits = expected is not None and expected in str(error) and str(error).endswith(".")
        return "" if fits else f"{name} is refused: {error}"
    if name in VALUES:
        expected = VALUES[name]
        fits = value.startswith(expected) if isinstance(expected, str) and expected else value == expected
        return "" if fits else f"{name} is {value!r}, not {expected!r}"
    if name not in READ:
        return f"{name} is read, though nothing says what it means"
    wrong = {path: value_at(value, path) for path, meant in READ[name].items() if value_at(value, path) != meant}
    return f"{name} has {wrong}" if wrong else ""


def value_at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value


CORE_SAMPLES = [name for name in samples.names() if samples.kind_of(name) not in samples.CHECKPOINTS]


@pytest.mark.parametrize("name", CORE_SAMPLES)
def test_every_sample_is_read_as_it_was_meant_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    assert problem(name, tmp_path) == ""


def test_every_expectation_has_its_sample():
    assert {*READ, *VALUES, *REFUSED} | {f"{kind}/{NEWER}" for kind in RECORDS} == set(CORE_SAMPLES)


def test_recipes_of_the_first_version_have_the_settings_of_today_switched_off():
    steps = {step.transform.key: step for step in recipe.from_json(samples.content("config/first")["recipe"])}
    assert steps["zoom"].settings == {"zoom_range": 0.1, "zoom_axes": "apart"}
    patch = {"patch_size": 0.25, "patch_count": 1, "patch_smallest": 1, "patch_fill": "black"}
    assert steps["black_patch"].settings == patch
    assert steps["black_patch"].probability == 0.5
    assert steps["brightness"].settings == {"brightness_range": (0.8, 1.2)}


def test_the_samples_know_every_transform_with_every_setting():
    """A renamed one would make people's recipes unreadable, and a new one needs its sample."""
    stored = samples.content("config/all-transforms")["recipe"]
    assert recipe.to_json(recipe.from_json(stored)) == stored
    assert {item["transform"] for item in stored} == set(TRANSFORMS)


def test_every_model_s_arrays_come_back(tmp_path):
    for name in samples.names("head"):
        head, stored = samples.read(name, tmp_path), samples.content(name)
        for i, (kernel, bias) in enumerate(zip(head.kernels, head.biases, strict=True)):
            assert np.allclose(kernel, stored[f"kernel_{i}"])
            assert np.allclose(bias, stored[f"bias_{i}"])
    assert len(samples.read("head/dense", tmp_path).kernels) == 2


# Every record has samples, and the shape that is written today is among them


def records_of_core() -> set[type[Any]]:
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [records.Record]
    while waiting:
        new = [record for record in waiting.pop().__subclasses__() if record.__module__.startswith("core.")]
        found |= set(new)
        waiting += new
    return found


def test_every_record_has_a_sample_and_one_of_a_newer_version():
    assert records_of_core() == set(RECORDS.values()), "a new record needs samples in tests/records"
    kinds = {samples.kind_of(name) for name in samples.names()}
    others = {"config", "labels", "head", "stats", "worker-start", *samples.CHECKPOINTS}
    assert kinds == {*RECORDS, *others}
    for kind in ("config", *RECORDS):
        assert f"{kind}/{NEWER}" in samples.names(kind)
        assert len(samples.names(kind)) > 1


def test_records_are_defined_in_core_only():
    bases = {"Record", *(record.__name__ for record in records_of_core())}
    for path in (*ROOT.glob("models/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                assert not {ast.unparse(base).split(".")[-1] for base in node.bases} & bases, path


def shape(value: Any) -> Any:
    """The keys of stored values, in all depths; of a list, those of its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(value[0])] if isinstance(value, (list, tuple)) and value else None


@pytest.mark.parametrize("kind", ["config", *RECORDS])
def test_what_is_written_today_is_among_the_samples(kind: str, tmp_path: Path) -> None:
    """A record with a new field fails here until it has a sample; the samples of before stay."""
    readable = [name for name in samples.names(kind) if name not in (*REFUSED, *VALUES, f"{kind}/{NEWER}")]
    assert any(
        shape(samples.read(name, tmp_path).model_dump(mode="json")) == shape(samples.content(name)) for name in readable
    ), f"add a sample of today's shape to tests/records/{kind}"


# Whole workspaces


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    ERAS[request.param].build()
    return ERAS[request.param]


def test_runs_of_every_version_are_listed_with_curves_and_scores(era):
    (run,) = folder.look_all()
    assert folder.damaged() == []
    assert (run.id, run.name, run.state, run.status.model) == (era.run_id, "first try", RunState.DONE, "first-try")
    assert f"{run.created:%Y%m%d-%H%M%S}" == era.run_id[:15]
    curves = folder.read_curves(run.folder)
    assert len(curves) == sum(line.startswith("epoch/") for line in era.lines)
    assert curves.damaged == 0
    assert curves.best.val_accuracy == 0.666667
    assert curves.fine_tuned == era.lines.count("epoch/fine-tuned")
    scores = folder.scores(run.folder)
    assert (scores["validation"].correct, scores["test"].correct) == (6, 5)
    assert queue.waiting() == []


def test_models_of_every_version_answer_as_their_cards_say(era, capsys):
    (model,) = shelf.models()
    assert shelf.damaged() == []
    assert shelf.model("first-try") == model
    assert model.card.run == era.run_id
    assert model.labels == ("red", "green", "blue")
    assert shelf.pinned() == samples.content(era.pinned)["name"]
    assert main(["evaluate", "first-try", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert (answers["correct"], answers["count"]) == (9, 9)
    assert main(["evaluate", "best", "--dataset", "shirts"]) == 0


def test_the_shell_lists_what_every_version_left(era, capsys):
    assert main(["runs"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split()[:2] == [era.run_id, "done"]
    assert "validation 0.667  test 0.556" in line
    for command in (["data", "list"], ["data", "check", "shirts"], ["disk"]):
        assert main(command) == 0, command
    assert main(["doctor", "--json"]) in (0, 1)
    assert "newer version" not in capsys.readouterr().out


def test_datasets_and_recipes_of_every_version_are_used(era):
    assert catalogue.names()[0] == "shirts"
    assert catalogue.damaged() == []
    dataset = catalogue.load("shirts")
    sizes = [7, 10, 9] if "review/first" in era.others else [9, 9, 9]
    assert [len(photos) for photos in dataset.splits.values()] == sizes
    assert ("notes.txt",) in dataset.passed_over.values() or era.dataset != "dataset/passed-over"
    assert saved.damaged() == []
    assert len(saved.names()) == sum(sample.startswith("recipe/") for sample in era.others)
    for name in saved.names():
        assert saved.load(name)
    has_speed = any(sample.startswith("speed/") for sample in era.others)
    assert estimate.speed("mobilenet_v2") == (1.25 if has_speed else 1.0)
    has_check = "check/first" in era.others
    assert look_count.of("shirts") == (2 if has_check else 1)  # its run, and one that was deleted
    stored = findings.read("shirts")
    assert (stored.photos if stored else 0) == (27 if has_check else 0)
    state = check.status("shirts")
    assert (state.error if state else "") == ("The check was interrupted. Start it again." if has_check else "")
    status = offered.status()
    assert status.error if any(sample.startswith("download/") for sample in era.others) else status is None


def test_a_run_of_every_version_can_be_renamed_and_tried_again(era):
    queue.rename(era.run_id, "second name")
    again = queue.put(folder.look(era.run_id).config)
    assert folder.look(era.run_id).name == "second name"
    assert folder.look(again).config == folder.look(era.run_id).config
    shelf.pin("first-try")
    shelf.decline("other")
    assert (shelf.pinned(), "other" in shelf.declined()) == ("first-try", True)
    queue.delete(era.run_id)
    shelf.delete("first-try")


# A newer version


@pytest.mark.parametrize("kind", NEWER_PLACES)
def test_what_a_newer_version_wrote_is_listed_and_stays_as_it_is(kind: str, home: Path) -> None:
    ERAS["identity"].build()
    path = home / NEWER_PLACES[kind]
    content = samples.path_of(f"{kind}/{NEWER}").read_bytes()
    path.write_bytes(content)
    listed = [*folder.damaged(), *shelf.damaged(), *catalogue.damaged(), *saved.damaged()]
    (damaged,) = listed
    assert damaged.path in (path, path.parent)
    assert "newer version of this program" in damaged.reason
    assert damaged.reason.endswith("Update the program.")
    assert queue.waiting() == []
    main(["doctor", "--fix"])
    main(["disk", "--clean"])
    leftovers.sweep(0)
    assert path.read_bytes() == content


def test_lines_of_a_newer_version_count_as_damaged():
    era = ERAS["identity"]
    era.build()
    with (workspace.runs() / era.run_id / "metrics.jsonl").open("a") as file:
        file.write(samples.path_of(f"epoch/{NEWER}").read_text() + samples.path_of("epoch/fine-tuned").read_text())
    curves = folder.read_curves(workspace.runs() / era.run_id)
    assert [epoch.epoch for epoch in curves.epochs if isinstance(epoch, Epoch)] == [1, 3]
    assert curves.damaged == 1


def test_nothing_overwrites_what_a_newer_version_wrote():
    ERAS["identity"].build()
    saved.save("Tilted again", (recipe.step("rotation"),))
    (own,) = (path for path in workspace.recipes().glob("tilted-again-*.json"))
    places = {
        own: (f"recipe/{NEWER}", lambda: saved.save("Tilted again", (recipe.step("shear"),))),
        workspace.models() / "pinned.json": (f"pinned/{NEWER}", lambda: shelf.pin("first-try")),
        workspace.cache() / "speed.json": (f"speed/{NEWER}", lambda: estimate.remember_speed("small_cnn", 1, 2)),
    }
    for path, (sample, change) in places.items():
        content = samples.path_of(sample).read_bytes()
        path.write_bytes(content)
        with pytest.raises(AppError, match="newer version") as refused:
            change()
        assert str(refused.value).endswith("Update the program.")
        assert path.read_bytes() == content
    with pytest.raises(AppError, match="newer version"):
        shelf.decline("first-try")
    assert (shelf.pinned(), shelf.active().name, estimate.speed("small_cnn")) == (None, "first-try", 1.0)


def test_a_newer_config_is_explained_by_its_version_only(tmp_path):
    with pytest.raises(SettingsError) as refused:
        samples.read("config/newer", tmp_path)
    assert str(refused.value) == REFUSED["config/newer"]
    assert RunConfig.model_fields["version"].default == 1


def count() -> tuple[int, list[str]]:
    """The number of samples that were tried, and what is wrong with some of them."""
    with tempfile.TemporaryDirectory() as place:
        problems = [problem(name, Path(place)) for name in CORE_SAMPLES]
    return len(problems), [sentence for sentence in problems if sentence]
