"""The notebook's cells about augmentation and the network."""

import shlex
from collections.abc import Sequence

from core.augment import recipe
from core.augment.code import keras_layers
from core.backbones import BACKBONES
from core.reporting.lesson.cells import Cell, bullets, code, indented, markdown
from core.reporting.lesson.settings import Settings, has_layers
from core.runs import bodies

MODEL_SETTINGS = ("backbone", "image_size", "augmentation", "dense_layers", "activation", "dropout")
SCALING = {"-1…1": "1 / 127.5, -1", "0…1": "1 / 255", "0…255": "1"}
SMALL_CNN = """
for filters in (16, 32, 64, 128, 192):
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(2, padding="same")(x)
x = layers.GlobalAveragePooling2D()(x)
"""
CONVOLVED = '''
def convolved(x, filters, size, stride=1, activation=True):
    """A convolution with BatchNorm, and ReLU unless told otherwise."""
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if activation else x
'''
RESIDUAL = """
for filters in (24, 48):
    x = convolved(x, filters, 3, 2)
for filters, stride in ((48, 1), (96, 2), (96, 1), (160, 2), (160, 1), (160, 1)):
    y = convolved(convolved(x, filters, 3, stride), filters, 3, activation=False)
    if stride > 1:
        x = layers.AveragePooling2D(stride, padding="same")(x)
    if x.shape[-1] != filters:
        x = convolved(x, filters, 1, activation=False)
    x = layers.ReLU()(layers.Add()([x, y]))
x = convolved(x, 320, 1)
x = layers.GlobalAveragePooling2D()(x)
"""
OWN = {"small_cnn": SMALL_CNN, "residual": RESIDUAL}


def cells(settings: Settings) -> list[Cell]:
    return [*_augmentation(settings), *_saved_models(settings), *_network(settings)]


def _augmentation(settings: Settings) -> list[Cell]:
    """A cell per recipe, with the code that Augment exports. It defines a network, or a function that makes one."""
    if not any(config.augments for config in settings.configs):
        return []
    cells = [
        markdown(
            "augmentation",
            "## Augmentation",
            "Random changes to the training photos, anew in each epoch, so that the network learns to ignore what does "
            "not matter. These layers work only while training: validation, test and other photos stay as they are.",
            _without_layers(settings),
        )
    ]
    for name, steps in settings.recipes.items():
        text = keras_layers.source(recipe.without_mixing(steps)).strip("\n").splitlines()
        if is_made(settings):
            text = [f"def {name}():", *indented([*text, "return augmentation"])]
        cells.append(code(name.replace("_", "-") + "-layers", text))
    if settings.recipes:
        cells.append(code("draws", _draws(settings)))
    return cells


def is_made(settings: Settings) -> bool:
    """Whether each network needs augmentation layers of its own: they are bound to one image size."""
    return settings.varies("augmentation") or settings.varies("image_size")


def _without_layers(settings: Settings) -> str:
    """A sentence about the recipes that Keras can't carry out at all."""
    missing = [config.recipe for config in settings.configs if config.augments and not has_layers(config.recipe)]
    names = ", ".join(dict.fromkeys(map(recipe.summary, missing)))
    return f"Keras has no layer for {names}, so the photos stay as they are in these runs." if missing else ""


def _draws(settings: Settings) -> list[str]:
    name = next(iter(settings.recipes))
    network = f"{name}()" if is_made(settings) else name
    photo = f'load({settings.every("image_size")[0]})["train"]' if settings.varies("image_size") else 'DATA["train"]'
    return [
        "if plt:  # a training photo as eight epochs may see it",
        f'    photo = {photo}[0][0].astype("float32")',
        f"    draws = {network}(np.stack([photo] * 8), training=True)",
        "    for place, axes in enumerate(plt.subplots(2, 4, figsize=(10, 5))[1].flat):",
        '        axes.imshow(np.clip(keras.ops.convert_to_numpy(draws[place]), 0, 255).astype("uint8"))',
        '        axes.axis("off")',
        "    plt.show()",
    ]


def _saved_models(settings: Settings) -> list[Cell]:
    """The files of saved models that are backbones, and the commands that make them."""
    names = [name for key in settings.every("backbone") if (name := bodies.model_name(key))]
    if not names:
        return []
    commands = bullets([f"`python -m core export {shlex.quote(name)} --format keras`" for name in names])
    return [
        markdown(
            "saved-models",
            "The backbone is a model that was trained in Fitting Room, so Keras can't download it. Export it there and "
            "put the file beside this notebook:",
            commands,
        )
    ]


def _network(settings: Settings) -> list[Cell]:
    pretrained = [key for key in settings.every("backbone") if _is_pretrained(key)]
    frozen = (
        "The **backbone** has learned from many photos before. `base.trainable = False` freezes its weights, so only "
        "the layers after it learn. `training=False` asks for something else: BatchNorm in inference mode, where it "
        "uses the statistics that it has learned and leaves them alone. In Keras 3, `fit` overrules that for a "
        "BatchNorm that may learn; a frozen one always stays in inference mode."
        if pretrained
        else ""
    )
    scratch = (
        "The convolutions start from random weights and learn everything from these photos."
        if len(pretrained) < len(settings.every("backbone"))
        else ""
    )
    own = [*CONVOLVED.strip("\n").splitlines(), "", ""] if "residual" in settings.every("backbone") else []
    returned = "model, base" if is_tuned(settings) else "model"
    return [
        markdown(
            "network",
            "## The network",
            frozen,
            scratch,
            _dense(settings),
            _dropout(settings),
            "The last layer gives **logits**, one number per class. They become probabilities with a softmax, which "
            "the loss function applies itself (`from_logits=True`).",
        ),
        code("make-model", [
            *own,
            *settings.signature("make_model", MODEL_SETTINGS),
            *indented([
                f'photos = keras.Input(({settings.code("image_size")}, {settings.code("image_size")}, 3))  '
                "# levels from 0 to 255",
                *_augmented(settings),
                *settings.branches("backbone", lambda key: _features(settings, key)),
                *_head(settings),
                'model = keras.Model(photos, layers.Dense(len(CLASSES), name="logits")(x))',
                f"return {returned}",
            ]),
        ]),
    ]  # fmt: skip


def _dense(settings: Settings) -> str:
    if not any(settings.every("dense_layers")):
        return ""
    relu = "ReLU is max(0, x): negative values become 0, positive values pass unchanged."
    uses_relu = "relu" in settings.every("activation")
    return f"The extra **dense layers** combine features into new ones. {relu if uses_relu else ''}".rstrip()


def _dropout(settings: Settings) -> str:
    if not any(settings.every("dropout")):
        return ""
    return (
        "**Dropout** sets a random share of the activations to 0 at each training step and scales the rest up. It is "
        "off during prediction. It hides no part of the photo."
    )


def is_tuned(settings: Settings) -> bool:
    """Whether any run fine-tunes its backbone."""
    return any(config.fine_tune for config in settings.configs)


def _is_pretrained(key: str) -> bool:
    return key not in OWN


def _augmented(settings: Settings) -> list[str]:
    if not settings.recipes:
        return ["x = photos"]
    name = settings.code("augmentation")
    if settings.varies("augmentation"):
        return ["x = augmentation()(photos) if augmentation else photos  # only while training"]
    return [f"x = {name}{'()' if is_made(settings) else ''}(photos)  # only while training"]


def _features(settings: Settings, key: str) -> list[str]:
    """The lines from photos to a vector of features, with a backbone."""
    if name := bodies.model_name(key):
        return [
            f"saved = keras.models.load_model({f'{name}.keras'!r})  # scales the levels itself",
            'base = keras.Model(saved.input, saved.get_layer("pooled").output)',
            "base.trainable = False  # freezes its weights",
            "x = base(x, training=False)  # BatchNorm in inference mode",
        ]
    record = BACKBONES[key]
    scaled = f"x = layers.Rescaling({SCALING[record.scaling]})(x)  # levels from {record.scaling.replace('…', ' to ')}"
    if key in OWN:
        none = ["base = None"] if is_tuned(settings) else []  # other runs return theirs
        return [scaled, *OWN[key].strip("\n").splitlines(), *none]
    size = settings.code("image_size")
    return [
        scaled,
        f"base = keras.applications.{record.application}(",
        f'    weights="imagenet", include_top=False, input_shape=({size}, {size}, 3)',
        ")",
        "base.trainable = False  # freezes its weights",
        "x = base(x, training=False)  # BatchNorm in inference mode",
        "x = layers.GlobalAveragePooling2D()(x)  # a vector of features",
    ]


def _head(settings: Settings) -> list[str]:
    """The dense layers, each followed by dropout; dropout alone without dense layers."""
    activation, rate = settings.code("activation"), settings.code("dropout")
    dropout = [] if rate == "0.0" else [f"x = layers.Dropout({rate})(x)"]
    if not settings.varies("dense_layers"):
        units: Sequence[int] = settings.every("dense_layers")[0]
        return [line for each in units for line in (f"x = layers.Dense({each}, activation={activation})(x)", *dropout)
                ] or dropout  # fmt: skip
    without = ["if not dense_layers:", *indented(dropout)] if dropout and () in settings.every("dense_layers") else []
    return [
        "for units in dense_layers:",
        *indented([f"x = layers.Dense(units, activation={activation})(x)", *dropout]),
        *without,
    ]
