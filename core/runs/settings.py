"""The settings of a run as their fields describe them, for forms, help and links."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel

from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune


@dataclass(frozen=True)
class Setting:
    """A setting of a RunConfig, or of its fine-tuning, as its field describes it."""

    name: str  # the field in config.json
    label: str
    help: str
    unit: str
    example: str  # values for a line of a grid; empty if grids do not vary it
    low: float | None  # the smallest accepted value; None without a limit
    high: float | None
    choices: tuple[str, ...]  # all accepted values; empty if they can't be listed

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


def _settings(record: type[BaseModel]) -> Mapping[str, Setting]:
    """The settings of a record by name."""
    settings = {}
    for name, field in record.model_fields.items():
        words = field.json_schema_extra
        if not isinstance(words, dict) or name in RunConfig.OF_ONE_RUN:
            continue
        bounds = {type(bound): bound for bound in field.metadata if isinstance(bound, (Ge, Gt, Le))}
        low, high = bounds.get(Ge), bounds.get(Le)
        settings[name] = Setting(
            name=name,
            label=field.title or name,
            help=field.description or "",
            unit=str(words["unit"]),
            example=str(words["example"]),
            low=float(low.ge) if isinstance(low, Ge) else None,  # type: ignore[arg-type]
            high=float(high.le) if isinstance(high, Le) else None,  # type: ignore[arg-type]
            choices=tuple(value for value in get_args(field.annotation) if isinstance(value, str)),
        )
    return settings


SETTINGS = _settings(RunConfig)
FINE_TUNING = _settings(FineTune)
