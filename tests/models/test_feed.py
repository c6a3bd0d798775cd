"""How many batches the feed of photos prepares ahead of the network."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import machine
from core.datasets import adding, catalogue, pack
from core.runs.config import config
from models.feed import PhotoFeed
from tests.models.conftest import SMALL


@pytest.mark.parametrize(
    ("cores", "most", "ahead"), [(2, 10**9, 4), (9, 10**9, 9), (9, 6 * 3 * 32 * 32, 6), (9, 0, 4), (99, 10**9, 18)]
)
def test_all_cores_work_ahead_as_far_as_memory_allows(
    tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch, cores: int, most: int, ahead: int
) -> None:
    adding.add_folder("tiny", tiny_dataset)
    packs = [pack.load(catalogue.load("tiny"), split, 32) for split in ("train", "validation")]
    submitted: list[Any] = []
    submit = ThreadPoolExecutor.submit

    def counted(self: ThreadPoolExecutor, *arguments: Any) -> Future[Any]:
        submitted.append(arguments)
        return submit(self, *arguments)

    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(PhotoFeed, "MOST_AHEAD", most)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
    feed = PhotoFeed(config(**{**SMALL, "batch_size": 1}), *packs, 3)
    stream = feed.epoch(0)
    photos = [next(stream)[0]]
    assert len(submitted) == min(ahead + 1, 18)  # the first one is taken, and the next one takes its place
    photos += [batch[0] for batch in stream]
    assert len(submitted) == 18
    assert sorted(map(bytes, photos)) == sorted(bytes(np.asarray(pixels)) for pixels in packs[0].pixels)
