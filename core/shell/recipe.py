"""The command `recipe`: a recipe as code for other libraries."""

from pathlib import Path

import click

from core.errors import SettingsError
from core.files.names import path_text, printable_name
from core.shell.augment import SIZES


@click.command()
@click.argument(
    "file",
    type=click.Path(path_type=Path),
    help="JSON file with the list of transforms, or with a link to Augment.",
)
@click.option(
    "--code",
    metavar="TARGET",
    required=True,
    help="What to write: image-data-generator, keras-layers, torchvision, albumentations, exact or json.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draws, for exact code.")
@click.option("--size", type=int, default=299, show_default=True, help="Side of the square photos, in pixels.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write instead of printing the code; a folder gets the usual name.",
)
def recipe(file: Path, code: str, seed: int, size: int, out: Path | None) -> None:
    """Print a recipe as code for other libraries.

    Comments in the code say how its effect differs from the preview. Exact code gives the very same pixels.
    """
    from core.augment import recipe as recipes
    from core.augment.code import targets
    from core.files import atomic, texts

    target = targets.target(code)
    if not SIZES[0] <= size <= SIZES[1]:
        raise SettingsError(f"--size must be {SIZES[0]} to {SIZES[1]} px, got {size}.")
    text = target.source(recipes.loads(texts.read(file, "recipe")), seed, size)
    if out is None:
        click.echo(text, nl=False)
        return
    path = out / target.file_name if out.is_dir() else out
    if not path.parent.is_dir():
        folder = printable_name(path_text(path.parent))
        raise SettingsError(f"The folder {folder} does not exist. Create it first, or name another one with --out.")
    atomic.write(path, lambda writer: writer.write(text.encode()))
    click.echo(printable_name(path_text(path)))
