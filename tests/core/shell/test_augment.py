"""`python -m core augment`: the copies are what training sees."""

import json
from pathlib import Path

import numpy as np

from core import photos
from core.augment import engine, recipe
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
