"""The notebook's cells about training: loss and optimizer, epochs with the best one kept, and fine-tuning."""

from dataclasses import dataclass, field

from core.backbones import BACKBONES
from core.reporting.lesson.cells import Cell, code, indented, markdown
from core.reporting.lesson.network import MODEL_SETTINGS, is_tuned
from core.reporting.lesson.settings import Settings

WEIGHTS = "best.weights.h5"
OPTIMIZERS = {
    "adam": "keras.optimizers.Adam(rate)",
    "adamw": "keras.optimizers.AdamW(rate, weight_decay=0.0001)",
    "sgd": "keras.optimizers.SGD(rate, momentum=0.9)",
}


@dataclass(frozen=True)
class Part:
    """A part of the training: what it does, and its lines."""

    id: str
    texts: tuple[str, ...]
    lines: list[str] = field(default_factory=list)


def cells(settings: Settings) -> list[Cell]:
    """The cells that train: one after the other for a single run, a function for a study."""
    parts = [_start(settings), _fit(settings), *([_tune(settings)] if is_tuned(settings) else [])]
    if not settings.is_study:
        return [
            cell
            for part in parts
            for cell in (markdown(part.id, *part.texts), code(f"{part.id}-code", part.lines))
        ]  # fmt: skip
    texts = [text for part in parts for text in part.texts]
    data = "load(image_size)" if settings.varies("image_size") else "DATA"
    lines = [
        *settings.signature("train", settings.varying),
        '    """The model with its best epoch, the curves, and the data that it learned from."""',
        *indented([
            f"data = {data}",
            *(line for part in parts for line in part.lines),
            "return model, history, data",
        ]),
    ]  # fmt: skip
    return [markdown("training", *texts), code("train", lines)]


def _start(settings: Settings) -> Part:
    data = "data" if settings.is_study else "DATA"
    made = "model, base" if is_tuned(settings) else "model"
    rate = _rate(settings, "")
    optimizer = settings.branches("optimizer", lambda key: [f"optimizer = {OPTIMIZERS[key]}"])
    warm = "" if not any(settings.every("warmup")) else " During the warm-up it grows from 0 to its full size."
    cosine = " With the cosine schedule it falls to 0 at the end." if "cosine" in settings.every("schedule") else ""
    return Part(
        "compile",
        (
            "## Training",
            "The **optimizer** changes the weights a little after each batch. The **learning rate** is the size of its "
            f"steps: too high, and the loss jumps about or diverges; too low, and it hardly moves.{warm}{cosine}",
            "**Cross-entropy** is the loss: how improbable the model finds the true classes." + _smoothing(settings),
            _weights_text(settings),
        ),
        [
            f"keras.utils.set_random_seed({settings.code('seed')})  # initial weights, order of the photos, draws",
            f'x_train, y_train = {data}["train"]',
            f"{made} = make_model({settings.arguments(MODEL_SETTINGS)})",
            *rate,
            *optimizer,
            "model.compile(",
            "    optimizer=optimizer,",
            f"    loss=keras.losses.CategoricalCrossentropy(from_logits=True{_smoothed(settings)}),",
            '    metrics=["accuracy"],',
            ")",
        ],
    )  # fmt: skip


def _smoothing(settings: Settings) -> str:
    if not any(settings.every("label_smoothing")):
        return ""
    return (
        " **Label smoothing** takes a share of certainty from the right class and spreads it over all classes, so that "
        "the network becomes less overconfident."
    )


def _smoothed(settings: Settings) -> str:
    value = settings.code("label_smoothing")
    return "" if value == "0.0" else f", label_smoothing={value}"


def _weights_text(settings: Settings) -> str:
    if not any(settings.every("class_weights")):
        return ""
    return "**Class weights** let photos of rare classes count for more, so that small classes are not neglected."


def _rate(settings: Settings, prefix: str) -> list[str]:
    """The lines that define `rate`: the learning rate, or its course over all batches of the stage."""
    rate, warmup, schedule = (settings.code(f"{prefix}{name}") for name in ("learning_rate", "warmup", "schedule"))
    is_plain = settings.every(f"{prefix}schedule") == ["constant"] and settings.every(f"{prefix}warmup") == [0]
    if is_plain:
        return [f"rate = {rate}"]
    if settings.varies(f"{prefix}warmup"):
        first, target = f"0.0 if {warmup} else {rate}", f"{rate} if {warmup} else None"
    else:
        first, target = (rate, "None") if warmup == "0" else ("0.0", rate)
    last = f'0.0 if {schedule} == "cosine" else 1.0' if settings.varies(f"{prefix}schedule") else _end(schedule)
    epochs, batch = settings.code(f"{prefix}epochs"), settings.code("batch_size")
    return [
        f"steps = {epochs} * math.ceil(len(x_train) / {batch})  # batches in all epochs",
        "rate = keras.optimizers.schedules.CosineDecay(",
        f"    initial_learning_rate={first},",
        f"    decay_steps=max(1, steps - {warmup}),",
        f"    alpha={last},  # the share of the learning rate at the end",
        f"    warmup_target={target},",
        f"    warmup_steps={warmup},",
        ")",
    ]


def _end(schedule: str) -> str:
    """The share of the learning rate at the end of a schedule, as code."""
    return "0.0" if schedule == "'cosine'" else "1.0"


def _fit(settings: Settings) -> Part:
    patience = settings.every("early_stopping")
    stops = " **Early stopping** ends training after so many epochs without a better one." if any(patience) else ""
    return Part(
        "fit",
        (
            "An **epoch** is one pass over the training photos. After each, the validation photos are scored, and the "
            f"weights of the best epoch by validation accuracy are kept (a *checkpoint*).{stops}",
        ),
        [
            *_class_weight(settings),
            "callbacks = [",
            *indented(_checkpoint()),
            "]",
            *_early(settings),
            "history = model.fit(",
            *indented(_fit_arguments(settings, "epochs")),
            ").history",
            f'model.load_weights("{WEIGHTS}")  # the best epoch',
        ],
    )


def _checkpoint(*more: str) -> list[str]:
    return [
        "keras.callbacks.ModelCheckpoint(",
        f'    "{WEIGHTS}",',
        '    monitor="val_accuracy",',
        '    mode="max",',
        "    save_best_only=True,",
        "    save_weights_only=True,",
        *more,
        "),",
    ]


def _class_weight(settings: Settings) -> list[str]:
    if not any(settings.every("class_weights")):
        return []
    lines = [
        "counts = y_train.sum(axis=0)",
        "class_weight = {place: len(y_train) / (len(CLASSES) * count) for place, count in enumerate(counts)}",
    ]
    if settings.varies("class_weights"):
        lines.append("class_weight = class_weight if class_weights else None")
    return lines


def _early(settings: Settings) -> list[str]:
    values = settings.every("early_stopping")
    if not any(values):
        return []
    patience = settings.code("early_stopping")
    line = f'callbacks.append(keras.callbacks.EarlyStopping(monitor="val_accuracy", mode="max", patience={patience}))'
    return ["if early_stopping:", *indented([line])] if settings.varies("early_stopping") else [line]


def _fit_arguments(settings: Settings, epochs: str) -> list[str]:
    data = "data" if settings.is_study else "DATA"
    weights = ["class_weight=class_weight,"] if any(settings.every("class_weights")) else []
    return [
        "x_train,",
        "y_train,",
        f'validation_data={data}["validation"],',
        f"epochs={settings.code(epochs)},",
        f"batch_size={settings.code('batch_size')},",
        *weights,
        "callbacks=callbacks,",
        "verbose=2,",
    ]


def _tune(settings: Settings) -> Part:
    """Fine-tuning, from the best epoch so far."""
    whole = settings.every("frozen_blocks") == [-1]
    blocks = [] if whole else ["blocks = set()  # a layer without a block's name belongs to the block before it"]
    frozen = settings.code("frozen_blocks")
    learns = "" if whole else f"len(blocks) > {frozen} and "
    match = [] if whole else [
        f"if match := re.match({_block(settings)}, layer.name):",
        "    blocks.add(match[1])",
    ]  # fmt: skip
    lines = [
        "base.trainable = True",
        *blocks,
        "for layer in base.layers:",
        *indented([*match, f"layer.trainable = {learns}not isinstance(layer, layers.BatchNormalization)"]),
        *_rate(settings, "tuning_"),
        "model.compile(",
        f"    optimizer=keras.optimizers.AdamW(rate, weight_decay={settings.code('tuning_weight_decay')}),",
        f"    loss=keras.losses.CategoricalCrossentropy(from_logits=True{_smoothed(settings)}),",
        '    metrics=["accuracy"],',
        ")",
        'best = max(history["val_accuracy"])',
        "callbacks = [",
        *indented(_checkpoint("    initial_value_threshold=best,  # to beat")),
        "]",
        *_early(settings),
        "tuned = model.fit(",
        *indented(_fit_arguments(settings, "tuning_epochs")),
        ").history",
        "history = {name: values + tuned[name] for name, values in history.items()}",
        f'model.load_weights("{WEIGHTS}")  # the best epoch of both stages',
    ]
    part = "" if whole else " Only its last blocks learn; the blocks before them stay frozen."
    return Part(
        "tune",
        (
            "**Fine-tuning**: once the head has learned, the backbone learns too, in much smaller steps, or it would "
            f"forget what it knows.{part} BatchNorm stays frozen, with its statistics.",
        ),
        ["if tuning_epochs:", *indented(lines)] if settings.varies("tuning_epochs") else lines,
    )


def _block(settings: Settings) -> str:
    """The pattern of the layers' names that opens a block."""
    patterns = {key: BACKBONES[key].block for key in settings.every("backbone") if key in BACKBONES}
    if settings.varies("backbone"):
        return f"{patterns!r}[backbone]"
    return f"r{next(iter(patterns.values()))!r}".replace("\\\\", "\\")
