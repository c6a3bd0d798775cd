"""`python -m core augment`: the copies are what training sees."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from core import photos
from core.augment import engine, recipe
from core.datasets import adding, drawn, pack
from core.datasets.partners import PackPartners
from core.shell.main import main
from tests.conftest import encoded, picture

RECIPE = [{"transform": "rotation", "rotation_range": 40}, {"transform": "horizontal_flip", "probability": 0.5}]


def test_augmented_copies_are_what_training_sees(run, tmp_path):
    data = encoded(picture(50, 70), "PNG")
    (tmp_path / "photo.one.png").write_bytes(data)
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    lines = run("augment", tmp_path / "photo.one.png", "--recipe", tmp_path / "recipe.json", "--seed", 5,
                "--count", 3, "--size", 48, "--out", tmp_path / "new" / "out")  # fmt: skip
    assert lines == [str(tmp_path / "new" / "out" / f"photo.one-{view:03d}.png") for view in range(3)]
    square = photos.square(data, 48)[None]
    for view, line in enumerate(lines):
        expected = engine.augment(square, photos.key_number(photos.key(data)), view, recipe.from_json(RECIPE), 5)[0]
        assert np.array_equal(photos.decode(Path(line).read_bytes()), expected)
        assert not np.array_equal(expected, square[0])


def test_an_empty_recipe_writes_the_photo_itself(run, tmp_path):
    (tmp_path / "photo.png").write_bytes(encoded(picture(40, 40), "PNG"))
    (tmp_path / "recipe.json").write_text("[]")
    (line,) = run("augment", tmp_path / "photo.png", "--recipe", tmp_path / "recipe.json", "--size", 40,
                  "--out", tmp_path)  # fmt: skip
    assert np.array_equal(photos.decode(Path(line).read_bytes()), picture(40, 40))


def test_copies_become_loops_and_a_sheet(run, tmp_path):
    (tmp_path / "photo.png").write_bytes(encoded(picture(60, 60), "PNG"))
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    files = [tmp_path / name for name in ("loop.gif", "loop.webp", "sheet.png")]
    lines = run("augment", tmp_path / "photo.png", "--recipe", tmp_path / "recipe.json", "--size", 40,
                "--gif", files[0], "--webp", files[1], "--sheet", files[2])  # fmt: skip
    assert lines == [str(file) for file in files]
    for file in files[:2]:
        with Image.open(file) as loop:
            assert (loop.n_frames, loop.size, loop.info["loop"]) == (12, (40, 40), 0)
    assert photos.decode(files[2].read_bytes()).shape == (3 * 44 - 4, 4 * 44 - 4, 3)


def test_a_wrong_target_or_count_is_a_sentence(tmp_path, capsys):
    (tmp_path / "photo.png").write_bytes(encoded(picture(20, 20), "PNG"))
    (tmp_path / "recipe.json").write_text("[]")
    command = ["augment", str(tmp_path / "photo.png"), "--recipe", str(tmp_path / "recipe.json")]
    loop = str(tmp_path / "loop.gif")
    for more, part in (
        ([], "Say where the copies should go"),
        (["--gif", loop, "--count", "0"], "must be 1 or more, got 0"),
        (["--gif", loop, "--count", "5000"], "must be at most 100 in a GIF, WebP or sheet, got 5,000"),
    ):
        assert main([*command, *more]) == 1
        assert part in capsys.readouterr().err
    assert not Path(loop).exists()


MIXED = [*RECIPE, {"transform": "mixup", "mixup_alpha": 1}, {"transform": "cutmix"}]


def test_mixed_copies_are_what_training_on_that_dataset_sees(run, tmp_path, tiny_dataset):
    dataset = adding.add_folder("tiny", tiny_dataset)
    train = pack.load(dataset, "train", 32)
    photo = tiny_dataset / train.names[4]
    (tmp_path / "recipe.json").write_text(json.dumps(MIXED))
    lines = run("augment", photo, "--recipe", tmp_path / "recipe.json", "--seed", 5, "--count", 4, "--size", 32,
                "--dataset", "tiny", "--out", tmp_path / "out")  # fmt: skip
    pixels, steps, partners = train.pixels[4:5], recipe.from_json(MIXED), PackPartners(train)
    for view, line in enumerate(lines):
        expected = engine.augment(pixels, train.numbers[4], view, steps, 5, partners=partners)[0]
        assert np.array_equal(photos.decode(Path(line).read_bytes()), expected)


def test_without_a_dataset_the_drawn_garments_are_mixed_in(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(drawn, "COUNTS", {"train": 2, "validation": 1, "test": 1})
    (tmp_path / "photo.png").write_bytes(encoded(picture(40, 40), "PNG"))
    (tmp_path / "recipe.json").write_text(json.dumps(MIXED[2:]))
    command = ["augment", str(tmp_path / "photo.png"), "--recipe", str(tmp_path / "recipe.json"), "--size", "40"]
    assert main([*command, "--sheet", str(tmp_path / "sheet.png")]) == 0
    assert "Mixed with training photos of: Drawn garments" in capsys.readouterr().err
    assert main([*command, "--sheet", str(tmp_path / "sheet.png"), "--dataset", "gone"]) == 1
    assert "There is no dataset 'gone'" in capsys.readouterr().err
