"""All kinds of inputs."""

from functools import cache

from benchmarks.fuzz import pictures, settings, stored, zips
from benchmarks.fuzz.trial import Kind


@cache
def by_name() -> dict[str, Kind]:
    """The kinds by name."""
    return {kind.name: kind for kind in (*settings.KINDS, *pictures.KINDS, *zips.KINDS, *stored.KINDS)}
