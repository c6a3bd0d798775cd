"""The command `disk`: the disk space that the workspace takes."""

from dataclasses import asdict
from datetime import datetime

import click

from core import words
from core.shell.output import print_json


@click.command()
@click.option("--clean", is_flag=True, help="Delete unused files from the caches. They are created again when needed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def disk(clean: bool, as_json: bool) -> None:
    """Show the disk space that the workspace takes."""
    from core.files import cache
    from core.files import disk as files

    if clean:
        cleaned = files.clean()
        in_use = f"; {words.count(cleaned.in_use, 'item')} in use kept" if cleaned.in_use else ""
        click.echo(f"{words.size(cleaned.bytes)} freed{in_use}", err=as_json)
    for part in files.usage():
        if as_json:
            print_json({**asdict(part), "cache": part.is_cache})
        else:
            kind = f"{part.kind:<11} {'cache' if part.is_cache else '':<6}"
            amount = f"{words.size(part.bytes):>10} {words.count(part.files, 'file'):>13}"
            click.echo(f"{kind} {amount}  {_last_use(part.used)}".rstrip())
    if not as_json:
        click.echo(f"cache limit: {words.size(cache.limit())}; free on the disk: {words.size(cache.free())}")


def _last_use(moment: float | None) -> str:
    return f"used {datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}" if moment else ""
