"""Training on mixed photos: the loss is the mean of the losses of their labels, through the bank and without it."""

from pathlib import Path

import keras
import numpy as np
import pytest

from core.augment import engine, partners, recipe
from core.backbones import MOBILENET_V2
from core.datasets import adding, pack
from core.datasets.pack import Pack
from core.datasets.partners import PackPartners
from core.datasets.trained_on import TrainedOn
from core.runs import folder
from core.runs.config import RunConfig, config
from models import build
from models.bank import Bank
from models.feed import BankFeed, PhotoFeed, order, view_of
from models.fit import Plan, compile_for, fit
from models.labels import Labels, class_weights
from models.record import Progress
from tests.models.conftest import randomised

pytestmark = pytest.mark.slow

STEPS = [
    {"transform": "rotation", "rotation_range": 40},
    {"transform": "mixup", "mixup_alpha": 1, "probability": 0.8},
    {"transform": "cutmix", "probability": 0.5},
]
CLASSES = 3


@pytest.fixture
def packs(tiny_dataset: Path) -> dict[str, Pack]:
    """Photos of three classes, of which one is rare."""
    dataset = adding.add_folder("tiny", tiny_dataset)
    loaded = {split: pack.load(dataset, split, 32) for split in dataset.splits}
    train = loaded["train"]
    keep = np.flatnonzero((train.labels != 2) | (np.arange(len(train)) % 3 == 0))
    keys, names = (tuple(values[row] for row in keep) for values in (train.keys, train.names))
    return {**loaded, "train": Pack(train.pixels[keep], train.labels[keep], keys, names, ())}


def settings(**changes: object) -> RunConfig:
    usual = {"dataset": "tiny", "image_size": 32, "recipe": STEPS, "augmentation_seed": 3, "views": 2, "dropout": 0,
             "learning_rate": 0.003, "batch_size": 5, "epochs": 4, "dense_layers": (16,)}  # fmt: skip
    return config(**{**usual, **changes})


def losses_of(logits: np.ndarray, smoothing: float) -> np.ndarray:
    """The smoothed cross-entropy of each photo for each class, (photos, classes), written out."""
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -(1 - smoothing) * log_p - smoothing * log_p.mean(axis=1, keepdims=True)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_is_the_mean_of_the_losses_of_all_labels(
    packs: dict[str, Pack], smoothing: float, weighted: bool
) -> None:
    """Each loss with the weight of its own class, and in the share that the class's photo has in the picture."""
    run, train = settings(label_smoothing=smoothing, class_weights=weighted), packs["train"]
    indices = np.arange(len(train))[::-1]
    labels, weights = Labels(run, train.labels, CLASSES, train).rows(indices, 1)
    logits = np.random.default_rng(0).normal(0, 2, (len(train), CLASSES)).astype(np.float32)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    ours = float(loss(labels, logits, sample_weight=weights))

    others = PackPartners(train)
    mixed = partners.mixes(engine.draw(run.recipe, train.numbers[indices], 1, 3), 32, 32, others)
    assert sum(bool(partners.parts(mixed, i)) for i in range(len(train))) > 5
    of_class = class_weights(train.labels, CLASSES) if weighted else np.ones(CLASSES)
    assert weighted == (of_class.std() > 0.2)
    each, expected = losses_of(logits, smoothing), 0.0
    for i, row in enumerate(indices):
        parts = [(int(place), share) for place, share in partners.parts(mixed, i)]
        for member, share in [(row, 1 - sum(share for _, share in parts)), *parts]:
            label = train.labels[member]
            expected += share * of_class[label] * each[i, label] / len(train)
    assert ours == pytest.approx(expected, rel=1e-5)


def test_labels_do_not_depend_on_batches(packs: dict[str, Pack]) -> None:
    train = packs["train"]
    labels = Labels(settings(class_weights=True), train.labels, CLASSES, train)
    every = np.arange(len(train))
    whole, weights = labels.rows(every, 4)
    assert weights is not None
    for start in range(0, len(train), 4):
        some, their_weights = labels.rows(every[start : start + 4], 4)
        assert np.array_equal(some, whole[start : start + 4])
        assert np.array_equal(their_weights, weights[start : start + 4])
    assert not np.array_equal(labels.rows(every, 5)[0], whole)


@pytest.mark.parametrize("steps", [[], [{"transform": "rotation"}], [{"transform": "mixup", "probability": 0}]])
def test_without_mixing_labels_are_one_hot_and_need_no_photos(
    packs: dict[str, Pack], steps: list[dict[str, object]]
) -> None:
    run, train = settings(recipe=steps, class_weights=True), packs["train"]
    labels, weights = Labels(run, train.labels, CLASSES).rows(np.arange(4), 2)
    assert np.array_equal(labels, np.eye(CLASSES, dtype=np.float32)[train.labels[:4]])
    assert np.array_equal(weights, class_weights(train.labels, CLASSES)[train.labels[:4]])


def test_mixing_needs_the_photos(packs: dict[str, Pack]) -> None:
    with pytest.raises(ValueError, match="needs the training photos"):
        Labels(settings(), packs["train"].labels, CLASSES)


@pytest.mark.parametrize("changes", [{}, {"class_weights": True, "label_smoothing": 0.1}], ids=["plain", "weighted"])
def test_the_bank_equals_the_whole_frozen_graph(
    packs: dict[str, Pack], tmp_path: Path, changes: dict[str, object]
) -> None:
    run, train, validation = settings(**changes), packs["train"], packs["validation"]
    body = randomised(build.backbone(MOBILENET_V2, 32, None))
    keras.utils.set_random_seed(0)
    top = build.head(run, MOBILENET_V2.features, CLASSES)
    first = top.get_weights()
    of = Bank("random", 32, lambda photos: np.asarray(body.predict_on_batch(photos)[1]))
    feed = BankFeed(
        run, lambda view: of.features(train, run.recipe, 3, view), of.features(validation), train.labels, CLASSES,
        train=train,
    )  # fmt: skip
    fit(Plan.of(run), top, feed, validation.labels, TrainedOn(classes=("a", "b", "c")), tmp_path, Progress(tmp_path))
    banked = folder.read_curves(tmp_path).epochs

    whole = build.whole(body, build.head(run, MOBILENET_V2.features, CLASSES))
    whole.get_layer("head").set_weights(first)
    photos = PhotoFeed(run, train, validation, CLASSES)
    compile_for(Plan.of(run), whole, photos.batches)
    labels = Labels(run, train.labels, CLASSES, train)
    for epoch in range(run.epochs):
        shuffled, loss, right = order(run, epoch, len(train)), 0.0, 0.0
        for start in range(0, len(train), run.batch_size):
            indices = shuffled[start : start + run.batch_size]
            view = view_of(run, epoch)
            rows, weights = labels.rows(indices, view)
            logs = whole.train_on_batch(photos.photos(indices, view), rows, sample_weight=weights, return_dict=True)
            loss, right = loss + len(indices) * float(logs["loss"]), right + len(indices) * float(logs["accuracy"])
        assert banked[epoch].loss == pytest.approx(loss / len(train), rel=2e-4)
        assert banked[epoch].accuracy == pytest.approx(right / len(train), abs=1e-5)  # of the labels with most weight
    assert banked[0].loss - banked[-1].loss > 0.02


def test_without_the_bank_each_epoch_has_its_own_pictures_and_labels(packs: dict[str, Pack]) -> None:
    run, train = settings(batch_size=7), packs["train"]
    feed, others = PhotoFeed(run, train, packs["validation"], CLASSES), PackPartners(train)
    labels = Labels(run, train.labels, CLASSES, train)
    for epoch in (0, 5):
        batches = list(feed.epoch(epoch))
        shuffled = order(run, epoch, len(train))
        pixels = np.asarray(train.pixels[shuffled])
        expected = engine.augment(pixels, train.numbers[shuffled], epoch, run.recipe, 3, partners=others)
        assert np.array_equal(np.concatenate([photos for photos, _, _ in batches]), expected)
        assert np.array_equal(np.concatenate([rows for _, rows, _ in batches]), labels.rows(shuffled, epoch)[0])


def test_partners_are_part_of_what_the_bank_stores(packs: dict[str, Pack]) -> None:
    """Names decide who mixes with whom. Without mixing they don't matter."""
    train, bank = packs["train"], Bank("net", 32, lambda photos: photos.mean((1, 2)).astype(np.float32))
    renamed = Pack(train.pixels, train.labels, train.keys, train.names[::-1], train.skipped)
    missing = Pack(train.pixels, train.labels, train.keys, train.names, (("disc/0.png", "It is damaged."),))
    mixed, plain = recipe.from_json(STEPS), recipe.from_json(STEPS[:1])
    assert len({bank._digest(each, mixed, 3, 0) for each in (train, renamed, missing)}) == 3
    assert len({bank._digest(each, plain, 3, 0) for each in (train, renamed, missing)}) == 1
    vectors, others = bank.features(train, mixed, 3, 1), PackPartners(train)
    for i in range(len(train)):
        pixels = np.asarray(train.pixels[i : i + 1])
        photo = engine.augment(pixels, train.numbers[i], 1, mixed, 3, partners=others)
        np.testing.assert_allclose(vectors[i], photo[0].mean((0, 1)), rtol=1e-5)
