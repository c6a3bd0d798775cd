"""All kinds of inputs."""

from functools import cache

from benchmarks.fuzz import settings, stored
from benchmarks.fuzz.trial import Kind


@cache
def by_name() -> dict[str, Kind]:
    """The kinds by name."""
    return {kind.name: kind for kind in (*settings.KINDS, *stored.KINDS)}
