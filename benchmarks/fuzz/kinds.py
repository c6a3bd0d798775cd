"""All kinds of inputs."""

from functools import cache

from benchmarks.fuzz import addresses, names, pictures, settings, stored, zips
from benchmarks.fuzz.trial import Kind


@cache
def by_name() -> dict[str, Kind]:
    """The kinds by name."""
    modules = (settings, names, addresses, pictures, zips, stored)
    return {kind.name: kind for module in modules for kind in module.KINDS}
