"""The command `augment`: copies of a photo, as training sees them."""

from pathlib import Path

import click

from core.errors import SettingsError

SIZES = (8, 4096)  # px, smallest and largest side of a copy


@click.command()
@click.argument("photo", type=click.Path(path_type=Path), help="The photo to augment.")
@click.option(
    "--recipe",
    "recipe_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="JSON file with the list of transforms, or with a link to Augment.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same copies.")
@click.option("--count", type=int, default=1, show_default=True, help="Number of copies.")
@click.option("--size", type=int, default=299, show_default=True, help="Side of the square copies, in pixels.")
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path), required=True, help="Folder for the PNG files."
)
def augment(photo: Path, recipe_path: Path, seed: int, count: int, size: int, out: Path) -> None:
    """Write augmented copies of a photo, as training sees it."""
    from core import photos
    from core.augment import engine, recipe
    from core.files import atomic, texts

    steps = recipe.loads(texts.read(recipe_path, "recipe"))
    if count < 1:
        raise SettingsError(f"--count must be 1 or more, got {count}.")
    if not SIZES[0] <= size <= SIZES[1]:
        raise SettingsError(f"--size must be {SIZES[0]} to {SIZES[1]} px, got {size}.")
    data = photos.read_file(photo)
    square = photos.square(data, size)
    number = photos.key_number(photos.key(data))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {out} can't be created ({error.strerror}).") from None
    for view in range(count):
        (copy,) = engine.augment(square[None], number, view, steps, seed)
        png = photos.png(copy)
        path = out / f"{photo.stem}-{view:03d}.png"
        atomic.write(path, lambda file, png=png: file.write(png))  # type: ignore[misc]
        click.echo(path)
