"""Output that several commands share: a record as a line of JSON."""

import json
from collections.abc import Mapping

import click


def print_json(record: Mapping[str, object]) -> None:
    """Print a record as one line of JSON and flush it, so that other programs can read along."""
    click.echo(json.dumps(record, ensure_ascii=False))
