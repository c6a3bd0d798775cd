"""What several commands print: a record as a line of JSON."""

import json
from collections.abc import Mapping

import click


def print_json(record: Mapping[str, object]) -> None:
    """Print a record as one line of JSON, at once, so that a program that reads the lines can follow."""
    click.echo(json.dumps(record, ensure_ascii=False))
