"""RunConfig: everything that decides a training run, frozen and checked, written once as config.json.

A setting's title, help, unit, bounds and example stand once, in its field: `core.runs.settings` reads them for the
form, the shell and the error sentences.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from core.augment import recipe as recipes
from core.augment.recipe import Recipe
from core.backbone import LARGEST_IMAGE
from core.backbones import BACKBONES, backbone
from core.errors import SettingsError
from core.files import texts
from core.files.names import path_text, printable_name
from core.runs import bodies, problems
from core.runs.fields import LONGEST_WARMUP, ScheduleName, setting
from core.runs.fine_tuning import FineTune
from core.words import quoted

LARGEST_SEED = 2**32 - 1
LONGEST_NAME = 80  # characters
LONGEST_ID = 255  # characters of a run's id: it is the name of a folder
MOST_LAYERS = 3
MOST_UNITS = 8192  # of a dense layer
EXAMPLE = '{"dataset": "clothing"}'

OptimizerName = Literal["adam", "adamw", "sgd"]
ActivationName = Literal["relu", "gelu", "tanh", "sigmoid"]


def _recipe(value: Any) -> Recipe:
    try:
        return recipes.from_json(value)
    except SettingsError as error:
        raise ValueError(str(error)) from None


RecipeField = Annotated[Recipe, BeforeValidator(_recipe), PlainSerializer(recipes.to_json)]


class RunConfig(BaseModel):
    """A training run's settings. Only `dataset` has no default; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)

    version: Literal[1] = 1
    dataset: str = setting(
        ..., "Dataset", "The photos to learn from. Add your own on the Data page.", max_length=LONGEST_NAME
    )
    backbone: str = setting(
        "mobilenet_v2",
        "Backbone",
        "The part that turns a photo into features. Pretrained backbones are frozen: only the layers after them learn, "
        "unless you fine-tune. A saved model can be a backbone too, and always stays frozen.",
        example="mobilenet_v2, xception, model:starter",
    )
    image_size: int = setting(
        224,
        "Image size",
        "Side of the square that photos are resized to. More pixels show more detail and take longer: time grows with "
        "the square of the size. Machine Learning Zoomcamp used 150, then 299.",
        unit="px",
        example="150, 224, 299",
        le=LARGEST_IMAGE,
    )
    dense_layers: tuple[Annotated[int, Field(ge=1, le=MOST_UNITS)], ...] = setting(
        (),
        "Dense layers",
        "Extra layers between the features and the output. None is fast and often enough; Machine Learning Zoomcamp "
        "adds one of 100 units.",
        example="[], [100], [100, 50]",
        max_length=MOST_LAYERS,
    )
    activation: ActivationName = setting(
        "relu",
        "Activation",
        "The function after each dense layer, which lets it learn more than straight lines. ReLU is max(0, x): "
        "negative values become 0, positive values pass unchanged. GELU is a smooth ReLU; tanh squeezes values into "
        "−1 … 1, sigmoid into 0 … 1.",
        example="relu, gelu, tanh, sigmoid",
    )
    dropout: float = setting(
        0.2,
        "Dropout rate",
        "Fraction of activations set to zero at each training step; the rest are scaled up. Off during prediction. It "
        "follows each dense layer, or the features if there is none. It hides no part of the photo; the black patch "
        "does.",
        example="0, 0.2, 0.5, 0.8",
        ge=0,
        le=0.99,
    )
    recipe: RecipeField = setting(
        (),
        "Augmentation",
        "Random changes to the training photos, so that the network learns to ignore what does not matter. Validation "
        "and test photos are never changed.",
        validate_default=True,
    )
    augmentation_seed: int = setting(
        0,
        "Augmentation seed",
        "Sets the random changes: the same seed gives the same pictures here, on Augment and in training.",
        example="0, 1, 2",
        ge=0,
        le=LARGEST_SEED,
    )
    views: int = setting(
        8,
        "Views",
        "How many differently augmented versions of each photo a frozen backbone sees; training cycles through them. "
        "More views reduce overfitting, and each takes as long as the first.",
        unit="per photo",
        example="1, 4, 8",
        ge=1,
        le=1000,
    )
    optimizer: OptimizerName = setting(
        "adam",
        "Optimizer",
        "How the steps are made. Adam suits most runs; AdamW also pulls the weights towards zero (weight decay); SGD "
        "takes plain steps with momentum, and often needs a learning rate ten times larger.",
        example="adam, adamw, sgd",
    )
    learning_rate: float = setting(
        1e-3,
        "Learning rate",
        "Size of the steps. Too high, and the loss jumps about or diverges; too low, and it hardly moves.",
        example="0.01, 0.001, 0.0001",
        gt=0,
        le=10,
    )
    schedule: ScheduleName = setting(
        "constant",
        "Schedule",
        "constant: the same learning rate throughout. cosine: it falls along a cosine to 0 at the end, which suits "
        "long training and networks that learn from scratch.",
        example="constant, cosine",
    )
    warmup: int = setting(
        0,
        "Warm-up",
        "The learning rate grows from 0 to its full size over this many batches, which steadies the start. 0: no "
        "warm-up.",
        unit="batches",
        example="0, 100",
        ge=0,
        le=LONGEST_WARMUP,
    )
    label_smoothing: float = setting(
        0.0,
        "Label smoothing",
        "Share of certainty taken from the right class and spread over all classes, so that the network becomes less "
        "overconfident. 0: none; 0.1 is usual.",
        example="0, 0.1",
        ge=0,
        le=0.99,
    )
    batch_size: int = setting(
        32, "Batch size", "Training photos per step. 32 is a good start.", "photos", "16, 32, 64", ge=1, le=4096
    )
    epochs: int = setting(30, "Epochs", "Number of passes over the training photos.", "", "10, 30", ge=1, le=10_000)
    early_stopping: int | None = setting(  # epochs without a better one, as `models.fit.Best` compares them
        None,
        "Early stopping",
        "Ends a run after this many epochs without a better one, by validation accuracy, then loss. The best epoch is "
        "saved in any case.",
        unit="epochs",
        example="5, 10, null",
        ge=1,
        le=10_000,
    )
    class_weights: bool = setting(
        False,
        "Class weights",
        "Photos of rare classes count for more, so that small classes are not neglected.",
        example="false, true",
    )
    fine_tune: FineTune | None = setting(
        None,
        "Fine-tune the backbone afterwards",
        "A second stage: once the head has learned on the frozen backbone, both learn together, in small steps and on "
        "photos that are augmented anew in each epoch. Usually the largest gain, and by far the slowest part.",
        example='null, {"blocks": 3}, {}',
    )
    seed: int = setting(
        0,
        "Seed",
        "Sets the initial weights and the order of the photos. The same settings and seed give the same curves on the "
        "same CPU; on a GPU the last digits may vary.",
        example="0, 1, 2",
        ge=0,
        le=LARGEST_SEED,
    )
    name: str = setting("", "Name", "What you want to remember the run by.", max_length=LONGEST_NAME)
    study: str | None = Field(None, max_length=LONGEST_ID)
    parent: str | None = Field(None, max_length=LONGEST_ID)
    trial: bool = False  # a search tries these settings: scored on validation photos only, and no model is saved

    OF_ONE_RUN: ClassVar = ("version", "name", "study", "parent", "trial")  # no settings: nothing varies them

    @model_validator(mode="after")
    def _fits_backbone(self) -> "RunConfig":
        if bodies.model_name(self.backbone):  # it may be gone: `bodies.check` looks at it before a run starts
            if self.fine_tune:
                raise ValueError("A saved model stays frozen as a backbone; leave fine_tune out.")
            return self
        if self.backbone not in BACKBONES:
            choices = f"one of {', '.join(BACKBONES)}, or a saved model such as {bodies.EXAMPLE}"
            raise ValueError(f"backbone must be {choices}, got {quoted(self.backbone)}.")
        record = backbone(self.backbone)
        if self.image_size < record.smallest:
            raise ValueError(
                f"image_size must be at least {record.smallest} px for {record.label}, got {quoted(self.image_size)}."
            )
        if self.fine_tune and not record.is_tunable:
            raise ValueError(f"{record.label} learns as a whole from the start; leave fine_tune out.")
        if self.fine_tune and (self.fine_tune.blocks or 0) > record.blocks:
            raise ValueError(
                f"fine_tune.blocks must be at most {record.blocks} for {record.label}, "
                f"got {quoted(self.fine_tune.blocks)}."
            )
        return self

    @property
    def augments(self) -> bool:
        """Whether any training photo is changed."""
        return any(step.transform.draws and step.probability > 0 for step in self.recipe)

    @property
    def views_used(self) -> int:
        """How many different views of each photo are seen: one without augmentation, never more than epochs."""
        return min(self.views, self.epochs) if self.augments else 1


def config(**settings: Any) -> RunConfig:
    """A checked RunConfig. Without an image size, a run on a saved model takes the model's.

    Raises SettingsError with a sentence for each wrong setting, up to a readable number.
    """
    if "image_size" not in settings and (size := bodies.image_size(settings.get("backbone"))):
        settings["image_size"] = size
    try:
        return RunConfig(**settings)
    except ValidationError as error:
        raise SettingsError(
            problems.sentences(error.errors(include_url=False), tuple(RunConfig.model_fields))
        ) from None


def read(path: Path) -> RunConfig:
    """The RunConfig in a JSON file, or in a file with a link to Train. Raises SettingsError."""
    text, name = texts.read(path, "settings"), printable_name(path_text(path))
    try:
        value = texts.from_json(text)
    except ValueError as error:
        raise SettingsError(f"{name} is not valid JSON ({error}). A run needs at least {EXAMPLE}.") from None
    if not isinstance(value, dict):
        raise SettingsError(f"{name} must hold a JSON object. A run needs at least {EXAMPLE}.")
    return config(**value)
