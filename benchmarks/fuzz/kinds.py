"""All kinds of inputs."""

from functools import cache

from benchmarks.fuzz import addresses, camera, commands, datasets, names, pictures, settings, stored, zips
from benchmarks.fuzz.trial import Kind


@cache
def by_name() -> dict[str, Kind]:
    """The kinds by name."""
    modules = (settings, names, commands, addresses, pictures, zips, stored, datasets, camera)
    return {kind.name: kind for module in modules for kind in module.KINDS}
