"""The feature bank: each view once, complete or not at all, and as exact as training the whole frozen graph."""

import errno
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from core import workspace
from core.answering import evaluation
from core.augment import engine, receipt, recipe
from core.backbones import MOBILENET_V2
from core.datasets import adding, pack
from core.datasets.pack import Pack
from core.datasets.trained_on import TrainedOn
from core.files import arrays
from core.runs import folder
from core.runs.config import config
from models import bank, build
from models.bank import Bank
from models.feed import BankFeed, PhotoFeed, order, view_of
from models.fit import Plan, compile_for, fit
from models.record import Progress
from tests.full_disk import limit_disk
from tests.models.conftest import randomised, wait_for

pytestmark = pytest.mark.slow

STEPS = [
    {"transform": "rotation", "rotation_range": 40},
    {"transform": "brightness", "brightness_range": [0.5, 1.4]},
    {"transform": "horizontal_flip"},
    {"transform": "black_patch", "probability": 0.5},
]
RECIPE = recipe.from_json(STEPS)


class Counting:
    """A network that returns each photo's mean colour and counts the photos it has seen."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        self.count += len(photos)
        return photos.mean((1, 2)).astype(np.float32)


@pytest.fixture
def packs(tiny_dataset: Path) -> dict[str, Pack]:
    dataset = adding.add_folder("tiny", tiny_dataset)
    return {split: pack.load(dataset, split, 32) for split in dataset.splits}


@pytest.fixture
def train(packs: dict[str, Pack]) -> Pack:
    return packs["train"]


def file_names() -> list[str]:
    place = workspace.cache() / "features"
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


# The cache


def test_a_view_is_computed_once(train):
    network = Counting()
    first, second = Bank("net-32-abc", 32, network), Bank("net-32-abc", 32, network)
    assert file_names() == []
    vectors = first.features(train, RECIPE, 1, 0)
    assert network.count == len(train) == 18
    assert len(file_names()) == 1
    again = second.features(train, RECIPE, 1, 0)
    assert network.count == len(train)
    assert np.array_equal(vectors, again)
    assert len(file_names()) == 1


def test_the_features_are_those_of_the_view(train, monkeypatch):
    monkeypatch.setattr(bank, "CHUNK", 4)  # 18 photos: the last chunk is shorter
    for view in (0, 3):
        vectors = Bank("net", 32, Counting()).features(train, RECIPE, 7, view)
        assert (vectors.shape, vectors.dtype) == ((18, 3), np.float32)
        for i in range(len(train)):
            photo = engine.augment(np.asarray(train.pixels[i : i + 1]), train.numbers[i], view, RECIPE, 7)
            np.testing.assert_allclose(vectors[i], photo[0].mean((0, 1)), rtol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"view": 1},
        {"steps": RECIPE[:2]},
        {"steps": recipe.from_json([{**STEPS[0], "rotation_range": 41}, *STEPS[1:]])},
        {"steps": recipe.from_json([*STEPS, {"transform": "border", "fill_mode": "reflect"}])},
        {"steps": ()},
        {"fewer": True},
        {"backbone": "net-32-other"},
        {"size": 33},
    ],
    ids=["seed", "view", "transforms", "strength", "border", "no recipe", "photos", "weights", "size"],
)
def test_whatever_changes_the_features_gets_its_own_file(train, changes):
    network = Counting()
    Bank("net-32-abc", 32, network).features(train, RECIPE, 1, 0)
    second = Bank(changes.get("backbone", "net-32-abc"), changes.get("size", 32), network)
    photos = train
    if changes.get("fewer"):
        photos = replace(train, pixels=train.pixels[1:], labels=train.labels[1:], keys=train.keys[1:])
    second.features(photos, changes.get("steps", RECIPE), changes.get("seed", 1), changes.get("view", 0))
    assert network.count == len(train) + len(photos)
    assert len(file_names()) == 2


def test_another_engine_gets_its_own_file(train, monkeypatch):
    Bank("net-32-abc", 32, Counting()).features(train, RECIPE, 1, 0)
    before = file_names()
    monkeypatch.setattr(receipt, "of", lambda *_: "of another engine")
    Bank("net-32-abc", 32, Counting()).features(train, RECIPE, 1, 0)
    assert len(file_names()) == 2
    assert set(before) < set(file_names())


@pytest.mark.parametrize("steps", [(), recipe.from_json([{"transform": "border"}])], ids=["none", "only a border"])
def test_without_augmentation_all_views_and_seeds_are_the_same(train, steps):
    network = Counting()
    for seed, view in ((0, 0), (0, 5), (9, 1)):
        vectors = Bank("net", 32, network).features(train, steps, seed, view)
    np.testing.assert_allclose(vectors, train.pixels.mean((1, 2)), rtol=1e-5)
    assert network.count == len(train)


def test_labels_and_names_do_not_matter(train):
    network = Counting()
    Bank("net", 32, network).features(train, RECIPE)
    moved = replace(train, labels=train.labels[::-1], names=tuple(f"other/{name}" for name in train.names))
    Bank("net", 32, network).features(moved, RECIPE)
    assert network.count == len(train)


class Enough(Exception):  # noqa: N818
    """Raised by `progress` to end the work."""


@pytest.mark.parametrize("after", [0, 1, 4])
def test_stopped_in_the_middle_it_leaves_nothing(train, monkeypatch, after):
    monkeypatch.setattr(bank, "CHUNK", 4)
    calls = []

    def progress(done: int, of: int) -> None:
        calls.append((done, of))
        if len(calls) > after:
            raise Enough

    with pytest.raises(Enough):
        Bank("net", 32, Counting()).features(train, RECIPE, progress=progress)
    assert calls == [(4 * i, 18) for i in range(after + 1)]
    assert file_names() == []
    network = Counting()
    assert len(Bank("net", 32, network).features(train, RECIPE)) == network.count == 18


def test_a_network_that_fails_leaves_nothing(train):
    def failing(photos: np.ndarray) -> np.ndarray:
        raise MemoryError

    with pytest.raises(MemoryError):
        Bank("net", 32, failing).features(train, RECIPE)
    assert file_names() == []


@pytest.fixture
def full_disk(train, monkeypatch) -> None:
    """A disk with room for only 300 bytes of an array."""
    limit_disk(monkeypatch, 300)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("chunk", [4, 32], ids=["after some chunks", "at once"])
def test_a_full_disk_costs_a_sentence_and_not_the_run(train, monkeypatch, chunk):
    monkeypatch.setattr(bank, "CHUNK", chunk)
    warnings: list[str] = []
    network = Counting()
    of = Bank("net", 32, network, warnings.append)
    vectors = [of.features(train, RECIPE, 1, view) for view in (0, 1, 0)]
    assert network.count == 2 * len(train)  # in memory for the life of the bank
    of.features(train, RECIPE, 1, 1)
    assert network.count == 2 * len(train)
    for view in (0, 1):
        photos = engine.augment(np.asarray(train.pixels), train.numbers, view, RECIPE, 1)
        np.testing.assert_allclose(vectors[view], photos.mean((1, 2)), rtol=1e-5)
    (sentence,) = warnings
    assert "No space left on device" in sentence
    assert "Make room" in sentence
    assert file_names() == []
    another = Counting()
    Bank("net", 32, another).features(train, RECIPE, 1, 0)
    assert another.count == len(train)


LIMITED = """
import resource
from core.datasets import adding, catalogue, pack
from models.bank import Bank

packed = pack.load(catalogue.load("tiny"), "train", 32)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
vectors = Bank("net", 32, lambda photos: photos.mean((1, 2)).astype("float32"), print).features(packed)
print(abs(vectors - packed.pixels.mean((1, 2))).max() < 1e-3, type(vectors).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_real_limit_on_the_file_size(train):
    process = subprocess.run(
        [sys.executable, "-c", LIMITED], cwd=workspace.PROJECT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    sentence, outcome = process.stdout.splitlines()
    assert "File too large" in sentence
    assert outcome == "True ndarray"
    assert file_names() == []


def test_a_folder_that_cannot_be_created_costs_a_sentence_too(train):
    (workspace.cache() / "features").write_text("a file in the way")
    warnings: list[str] = []
    vectors = Bank("net", 32, Counting(), warnings.append).features(train)
    np.testing.assert_allclose(vectors, train.pixels.mean((1, 2)), rtol=1e-5)
    assert len(warnings) == 1


def test_an_error_of_the_network_is_not_taken_for_a_full_disk(train):
    def failing(photos: np.ndarray) -> np.ndarray:
        raise OSError(errno.ENOSPC, "not from the bank")

    with pytest.raises(OSError, match="not from the bank"):
        Bank("net", 32, failing, pytest.fail).features(train)


TWO = """
import sys, time
from pathlib import Path
import numpy as np
from core import workspace
from core.datasets import adding, catalogue, pack
from models.bank import Bank

def network(photos):
    (workspace.home() / sys.argv[1]).touch()
    while not (workspace.home() / "go").exists():  # until both are computing
        time.sleep(0.01)
    return photos.mean((1, 2)).astype(np.float32)

vectors = Bank("net", 32, network).features(pack.load(catalogue.load("tiny"), "train", 32))
np.save(workspace.home() / f"{sys.argv[1]}.npy", vectors)
"""


def test_two_processes_at_once_end_with_one_file(train):
    home = workspace.home()
    processes = [
        subprocess.Popen([sys.executable, "-c", TWO, name], cwd=workspace.PROJECT) for name in ("first", "second")
    ]
    try:
        wait_for("both compute", lambda: (home / "first").exists() and (home / "second").exists(), *processes)
        (home / "go").touch()
        assert [process.wait(60) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    assert len(file_names()) == 1
    first, second = np.load(home / "first.npy"), np.load(home / "second.npy")
    assert np.array_equal(first, second)
    network = Counting()
    assert np.array_equal(Bank("net", 32, network).features(train), first)
    assert network.count == 0


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "other shape", "other type", "one bit", "older"])
def test_a_damaged_file_is_computed_again(train, damage):
    before = np.array(Bank("net", 32, Counting()).features(train, RECIPE, 1, 2))
    path = workspace.cache() / "features" / file_names()[0]
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        content = content[:-40]
    elif damage == "empty":
        content.clear()
    elif damage == "garbage":
        content[:] = bytes(len(content))
    elif damage == "one bit":
        content[200] ^= 1
    path.write_bytes(content)
    if damage == "other shape":
        path.unlink()
        arrays.store(path, [before[:5]], 5)
    elif damage == "other type":
        path.unlink()
        arrays.store(path, [before.astype(np.float64)], len(before))
    elif damage == "older":  # of a version without a checksum
        np.save(path, before)
    network = Counting()
    assert np.array_equal(Bank("net", 32, network).features(train, RECIPE, 1, 2), before)
    assert network.count == len(train)
    assert len(file_names()) == 1
    assert np.array_equal(Bank("net", 32, network).features(train, RECIPE, 1, 2), before)
    assert network.count == len(train)


def test_deleting_the_cache_loses_nothing(train):
    before = np.array(Bank("net", 32, Counting()).features(train, RECIPE, 1, 2))
    (workspace.cache() / "features" / file_names()[0]).unlink()
    assert np.array_equal(Bank("net", 32, Counting()).features(train, RECIPE, 1, 2), before)


# Exactness


def test_training_on_the_bank_equals_training_the_whole_frozen_graph(packs, tmp_path):
    settings = config(
        dataset="tiny", image_size=32, dense_layers=(16,), dropout=0, recipe=STEPS, augmentation_seed=3, views=2,
        learning_rate=0.003, batch_size=6, epochs=5,
    )  # fmt: skip
    train, validation, classes = packs["train"], packs["validation"], 3
    body = randomised(build.backbone(MOBILENET_V2, 32, None))
    frozen = [np.array(variable) for variable in body.variables]
    vectors = np.asarray(body.predict_on_batch(np.asarray(train.pixels))[1])
    assert vectors.std(axis=0).mean() > 0.01  # the photos differ for this network

    # through the bank
    keras.utils.set_random_seed(0)
    top = build.head(settings, MOBILENET_V2.features, classes)
    first = top.get_weights()
    of = Bank("random", 32, lambda photos: np.asarray(body.predict_on_batch(photos)[1]))
    feed = BankFeed(
        settings,
        lambda view: of.features(train, settings.recipe, settings.augmentation_seed, view),
        of.features(validation),
        train.labels,
        classes,
    )
    state = TrainedOn(classes=("a", "b", "c"))
    fit(Plan.of(settings), top, feed, validation.labels, state, tmp_path, Progress(tmp_path))
    banked = folder.read_curves(tmp_path)
    assert len(file_names()) == 3  # two views and the validation photos
    first_view, second_view = (of.features(train, settings.recipe, 3, view) for view in (0, 1))
    assert np.abs(first_view - second_view).mean() > 0.001  # the views differ

    # the whole graph, as anybody would write it
    whole = build.whole(body, build.head(settings, MOBILENET_V2.features, classes))
    whole.get_layer("head").set_weights(first)
    photos = PhotoFeed(settings, train, validation, classes)
    compile_for(Plan.of(settings), whole, photos.batches)
    one_hot = np.eye(classes, dtype=np.float32)[train.labels]
    losses, val_losses, val_accuracies = [], [], []
    for epoch in range(settings.epochs):
        shuffled, total = order(settings, epoch, len(train)), 0.0
        for start in range(0, len(train), settings.batch_size):
            indices = shuffled[start : start + settings.batch_size]
            pixels = photos.photos(indices, view_of(settings, epoch))
            total += len(indices) * float(whole.train_on_batch(pixels, one_hot[indices], return_dict=True)["loss"])
        losses.append(total / len(train))
        logits = photos.validation(whole)
        val_losses.append(evaluation.cross_entropy(logits, validation.labels))
        val_accuracies.append(evaluation.accuracy(logits, validation.labels))

    assert max(losses) - min(losses) > 0.05  # it learned something, so there is something to compare
    np.testing.assert_allclose([epoch.loss for epoch in banked.epochs], losses, rtol=2e-4)
    np.testing.assert_allclose([epoch.val_loss for epoch in banked.epochs], val_losses, rtol=2e-4)
    np.testing.assert_allclose([epoch.val_accuracy for epoch in banked.epochs], val_accuracies, atol=1e-5)
    for before, variable in zip(frozen, body.variables, strict=True):
        assert np.array_equal(before, variable)  # the backbone has not changed, nor have its statistics


def test_without_the_bank_each_epoch_has_its_own_view(packs):
    settings = config(dataset="tiny", recipe=STEPS, augmentation_seed=3, views=2, batch_size=7, epochs=9)
    train = packs["train"]
    feed = PhotoFeed(settings, train, packs["validation"], 3)
    for epoch in (0, 5):
        batches = list(feed.epoch(epoch))
        assert [len(pixels) for pixels, _, _ in batches] == [7, 7, 4]
        shuffled = order(settings, epoch, len(train))
        expected = engine.augment(np.asarray(train.pixels[shuffled]), train.numbers[shuffled], epoch, RECIPE, 3)
        assert np.array_equal(np.concatenate([pixels for pixels, _, _ in batches]), expected)
        assert np.array_equal(np.concatenate([one_hot for _, one_hot, _ in batches]).argmax(1), train.labels[shuffled])


def test_the_order_depends_only_on_seed_and_epoch():
    settings = config(dataset="any", seed=4)
    first = order(settings, 2, 50)
    assert sorted(first) == list(range(50))
    assert np.array_equal(first, order(config(dataset="other", seed=4, dropout=0.5, epochs=99), 2, 50))
    assert not np.array_equal(first, order(settings, 3, 50))
    assert not np.array_equal(first, order(config(dataset="any", seed=5), 2, 50))
