"""The training photos that are most like another one."""

from pathlib import Path

import numpy as np

from core.comparing import neighbours
from core.datasets import adding, catalogue, drawn
from core.reviewing import check


def test_the_most_similar_training_photos_come_first(tmp_path: Path) -> None:
    from PIL import Image

    for split, numbers in (("train", range(4)), ("validation", range(4, 6)), ("test", range(6, 8))):
        for label in ("dress", "shoes"):
            folder = tmp_path / "photos" / split / label
            folder.mkdir(parents=True)
            for number in numbers:
                Image.fromarray(np.asarray(drawn.garment(label, number, 96))).save(folder / f"{number}.png")
    twin = tmp_path / "photos" / "test" / "dress" / "6.png"
    twin.write_bytes((tmp_path / "photos" / "train" / "dress" / "2.png").read_bytes())
    adding.add_folder("garments", tmp_path / "photos")
    dataset = catalogue.load("garments")
    assert neighbours.nearest(dataset, "test/dress/6.png") is None, "nothing is stored yet"
    check.check("garments")
    found = neighbours.nearest(dataset, "test/dress/6.png")
    assert found is not None
    assert (found[0].name, found[0].label) == ("train/dress/2.png", "dress")
    assert found[0].likeness > 0.999
    assert [each.likeness for each in found] == sorted((each.likeness for each in found), reverse=True)
    assert len(found) == neighbours.COUNT
    assert neighbours.nearest(dataset, "test/dress/gone.png") is None
