"""The command `augment`: copies of a photo, as training sees them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import SettingsError

if TYPE_CHECKING:
    from core.augment.partners import NamedPartners
    from core.augment.recipe import Recipe
    from core.augment.transform import Pixels

SIZES = (8, 4096)  # px, smallest and largest side of a copy
DRAWS = 12  # as on Augment
MOST = 100  # in one picture, which stands in memory as a whole


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
@click.option("--count", type=int, help="Number of copies (default: 1; in a GIF, WebP or sheet 12).")
@click.option("--size", type=int, default=299, show_default=True, help="Side of the square copies, in pixels.")
@click.option(
    "--dataset", metavar="NAME", help="Dataset whose training photos MixUp and CutMix mix in (default: drawn garments)."
)
@click.option("--out", metavar="FOLDER", type=click.Path(path_type=Path), help="Folder for the copies as PNG files.")
@click.option("--gif", metavar="FILE", type=click.Path(path_type=Path), help="Write the copies as a GIF loop.")
@click.option("--webp", metavar="FILE", type=click.Path(path_type=Path), help="Write them as an animated WebP loop.")
@click.option("--sheet", metavar="FILE", type=click.Path(path_type=Path), help="Write them side by side as one PNG.")
def augment(
    photo: Path,
    recipe_path: Path,
    seed: int,
    count: int | None,
    size: int,
    dataset: str | None,
    out: Path | None,
    gif: Path | None,
    webp: Path | None,
    sheet: Path | None,
) -> None:
    """Write augmented copies of a photo, as training sees it.

    The copies are files of their own, an animated loop, or one picture with all of them.
    """
    from core import photos
    from core.augment import loops, preview, recipe
    from core.files import texts

    steps = recipe.loads(texts.read(recipe_path, "recipe"))
    if not (out or gif or webp or sheet):
        raise SettingsError("Say where the copies should go: --out FOLDER, --gif FILE, --webp FILE or --sheet FILE.")
    is_one_file = bool(gif or webp or sheet)
    count = count if count is not None else DRAWS if is_one_file else 1
    if count < 1:
        raise SettingsError(f"--count must be 1 or more, got {count}.")
    if is_one_file and count > MOST:
        raise SettingsError(f"--count must be at most {MOST} in a GIF, WebP or sheet, got {count:,}.")
    if not SIZES[0] <= size <= SIZES[1]:
        raise SettingsError(f"--size must be {SIZES[0]} to {SIZES[1]} px, got {size}.")
    data = photos.read_file(photo)
    square = photos.square(data, size)
    number = photos.key_number(photos.key(data))
    partners = _partners(steps, dataset, size)
    if out:
        _write_copies(out, photo.stem, square, number, steps, seed, count, partners)
    if is_one_file:
        draws = preview.draws(square, number, steps, seed, count, partners)
        pictures = [draw.pixels for draw in draws]
        if gif:
            _write(gif, loops.gif(pictures))
        if webp:
            _write(webp, loops.webp(pictures))
        if sheet:
            _write(sheet, preview.sheet(draws))


def _partners(steps: "Recipe", dataset: str | None, size: int) -> "NamedPartners | None":
    """The photos that the recipe mixes in; None if it mixes none. Raises DatasetError."""
    from core.augment import recipe
    from core.datasets import catalogue
    from core.datasets.partners import FilePartners

    if not recipe.mixes(steps):
        return None
    found = catalogue.load(catalogue.DRAWN if dataset is None else dataset)
    if dataset is None:
        click.echo(f"Mixed with training photos of: {found.title}. Choose others with --dataset.", err=True)
    return FilePartners(found, size)


def _write_copies(
    out: Path,
    stem: str,
    square: "Pixels",
    number: int,
    steps: "Recipe",
    seed: int,
    count: int,
    partners: "NamedPartners | None",
) -> None:
    """Write each copy as a PNG of its own, one after the other: there may be many."""
    from core import photos
    from core.augment import engine

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {out} can't be created ({error.strerror}).") from None
    for view in range(count):
        (copy,) = engine.augment(square[None], number, view, steps, seed, partners=partners)
        _write(out / f"{stem}-{view:03d}.png", photos.png(copy))


def _write(path: Path, content: bytes) -> None:
    from core.files import atomic

    atomic.write(path, lambda file: file.write(content))
    click.echo(path)
