"""The fields of a run's records: each value with its title, help, unit, bounds and example."""

from typing import Any, Literal

from pydantic import Field

LONGEST_WARMUP = 1_000_000  # batches

ScheduleName = Literal["constant", "cosine"]


def setting(default: Any, title: str, help: str, unit: str = "", example: str = "", **bounds: Any) -> Any:
    """A field with what a person reads about it: `example` holds values for a line of a grid, if grids may vary it."""
    words: dict[str, Any] = {"unit": unit, "example": example}
    return Field(default, title=title, description=help, json_schema_extra=words, **bounds)
