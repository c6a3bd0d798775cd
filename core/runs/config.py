"""RunConfig: everything that decides a training run, frozen and checked, written once as config.json."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, model_validator

from core.augment import recipe as recipes
from core.augment.recipe import Recipe
from core.backbones import BACKBONES, backbone
from core.errors import SettingsError

LARGEST_IMAGE = 640  # px; beyond it a batch of features no longer fits ordinary machines


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
    dataset: str
    backbone: str = "mobilenet_v2"
    image_size: int = Field(224, le=LARGEST_IMAGE)  # px
    dense_layers: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = Field((), max_length=3)
    activation: Literal["relu", "gelu", "tanh", "sigmoid"] = "relu"
    dropout: float = Field(0.2, ge=0, lt=1)
    recipe: RecipeField = Field(default=(), validate_default=True)
    augmentation_seed: int = Field(0, ge=0, lt=2**32)
    views: int = Field(8, ge=1, le=1000)
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: float = Field(1e-3, gt=0, le=10)
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: int = Field(0, ge=0)  # batches
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    batch_size: int = Field(32, ge=1, le=4096)
    epochs: int = Field(30, ge=1, le=10_000)
    early_stopping: int | None = Field(None, ge=1)  # epochs without a better one, as `models.fit.Best` compares them
    class_weights: bool = False
    fine_tune: None = None
    seed: int = Field(0, ge=0, lt=2**32)  # of weights and order
    name: str = Field("", max_length=80)
    study: str | None = None
    parent: str | None = None

    @model_validator(mode="after")
    def _fits_backbone(self) -> "RunConfig":
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone is {self.backbone!r}; expected is one of: {', '.join(BACKBONES)}.")
        smallest = backbone(self.backbone).smallest
        if self.image_size < smallest:
            raise ValueError(
                f"image_size is {self.image_size}; {backbone(self.backbone).label} needs at least {smallest} px."
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
    """A checked RunConfig. Raises SettingsError with one sentence per wrong setting."""
    try:
        return RunConfig(**settings)
    except ValidationError as error:
        raise SettingsError(" ".join(_sentence(problem) for problem in error.errors())) from None


def _sentence(problem: Any) -> str:
    where = str(problem["loc"][0]) if problem["loc"] else "The config"
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    if problem["type"] == "extra_forbidden":
        return f"There is no setting {where!r}; the settings are: {', '.join(RunConfig.model_fields)}."
    if problem["type"] == "missing":
        return f"The setting {where!r} is missing."
    if problem["type"].startswith(("int_", "float_")):
        kind = "a whole number" if problem["type"].startswith("int_") else "a number"
        return f"{where} has {problem['input']!r} where {kind} is expected."
    message = problem["msg"].partition(" should ")[2]  # "Input should be …", "String should have …"
    return f"{where} is {problem['input']!r}; it should {message}." if message else f"{where}: {problem['msg']}."


def read(path: Path) -> RunConfig:
    """The RunConfig in a JSON file. Raises SettingsError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} can't be read ({error.strerror}).") from None
    except ValueError as error:
        raise SettingsError(f'{path} is no JSON ({error}). A run needs at least {{"dataset": "clothing"}}.') from None
    if not isinstance(value, dict):
        raise SettingsError(f'{path} holds no settings; a run needs at least {{"dataset": "clothing"}}.')
    return config(**value)
