"""The parts of training on a cluster that need no cluster: what is sent, what is placed, what a run gets."""

import threading
from pathlib import Path

import pytest

from core.datasets import adding, catalogue, pack
from core.errors import ClusterError
from core.files import cache, exchange
from core.runs.config import config
from models.cluster import placing, stream, versions
from models.cluster.placing import COPIES, PackSource, Source
from models.cluster.stream import Changes, Piece
from tests.conftest import TINY_CLASSES


def test_only_what_has_changed_is_sent_and_of_curves_only_new_lines(tmp_path: Path) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    for folder in (here, home):
        folder.mkdir()
        (folder / "metrics.jsonl").write_bytes(b"one\n")
    for name in ("config.json", "notes.json", "worker.lock", "stop", "backbone.tflite", ".status.json.0a1b2c3d"):
        (here / name).write_bytes(b"not sent")
    changes = Changes(here)
    assert changes.take() == {}
    with (here / "metrics.jsonl").open("ab") as file:
        file.write(b"two\n")
    (here / "backup.npz").write_bytes(b"weights")
    pieces = changes.take()
    assert pieces == {"backup.npz": Piece(0, b"weights"), "metrics.jsonl": Piece(4, b"two\n")}
    assert list(pieces) == ["backup.npz", "metrics.jsonl"]  # curves that are read later have all of its epochs
    assert stream.apply(home, pieces) == set()
    assert (home / "metrics.jsonl").read_bytes() == b"one\ntwo\n"
    (here / "metrics.jsonl").unlink()
    (here / "metrics.jsonl").write_bytes(b"one\n")  # trimmed to the backup
    assert changes.take() == {"metrics.jsonl": Piece(0, b"one\n")}
    assert changes.take() == {}


def test_a_piece_that_does_not_fit_is_sent_as_a_whole(tmp_path: Path) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    (here / "worker.log").write_bytes(b"a\n")
    changes = Changes(here)
    with (here / "worker.log").open("ab") as file:
        file.write(b"b\n")
    misfits = stream.apply(home, changes.take())
    assert misfits == {"worker.log"}
    changes.forget(misfits)
    assert stream.apply(home, changes.take()) == set()
    assert (home / "worker.log").read_bytes() == b"a\nb\n"


@pytest.mark.parametrize("name", ["../config.json", "config.json", "worker.lock", ".hidden", "a/b", "con", "stop"])
def test_a_node_writes_no_other_files(tmp_path: Path, name: str) -> None:
    stream.apply(tmp_path, {name: Piece(0, b"x")})
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def photos(tiny_dataset: Path) -> pack.Pack:
    adding.add_folder("tiny", tiny_dataset)
    return pack.load(catalogue.load("tiny"), "train", 32)


def test_photos_are_read_where_they_lie_or_copied_once(
    photos: pack.Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, fetched = PackSource.of(photos.folder), []

    def fetch(path: Path) -> list[bytes]:
        fetched.append(path.name)
        return list(placing.pieces(path))

    assert source.place(fetch, "b") == photos.folder
    monkeypatch.setenv("FITTING_ROOM_HOME", str(tmp_path / "node"))
    monkeypatch.setenv(COPIES, "1")
    monkeypatch.setattr(placing, "PIECE", 1000)
    places = {source.place(fetch, "b") for _ in range(3)}
    assert sorted(fetched) == ["index.json", "pixels.npy"]
    (folder,) = places
    copied = pack.read(folder, 32, TINY_CLASSES)
    assert (copied.pixels == photos.pixels).all()
    assert copied.keys == photos.keys


def test_a_full_disk_and_one_that_can_not_be_written_are_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"12345")
    source = Source.of(file)
    with monkeypatch.context() as patch:
        patch.setattr(cache, "free", lambda: 3)
        with pytest.raises(
            ClusterError, match=r"^The disk of the machine b of the cluster is full: a\.bin needs 5 bytes"
        ):
            placing.place(source, tmp_path / "there" / "a.bin", placing.pieces, "b")
    (tmp_path / "no-folder").write_bytes(b"")
    with pytest.raises(ClusterError, match=r"^The machine b of the cluster can't write to .*FITTING_ROOM_NODE"):
        placing.place(source, tmp_path / "no-folder" / "a.bin", placing.pieces, "b")


def test_another_file_of_the_same_name_and_size_is_not_taken_for_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"12345")
    source = Source.of(file)
    assert source.is_visible
    file.write_bytes(b"54321")
    assert not source.is_visible


def test_other_versions_are_a_sentence_with_both() -> None:
    expected = versions.here()
    assert versions.difference(expected, "b") == ""
    assert set(expected) == {"Python", *versions.PACKAGES, versions.CODE}
    sentence = versions.difference({**expected, "keras": "2.15"}, "b")
    assert sentence.startswith("The machine b of the cluster must have keras 2.15")
    assert f"got {expected['keras']}" in sentence
    assert "Fitting Room other" in versions.difference({**expected, versions.CODE: "other"}, "b")


def test_a_shared_file_is_computed_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_turns", [])
    path, computed = tmp_path / "view.npy", []
    exchange.use(placing.alone)

    def compute() -> None:
        with exchange.turn(path):
            if exchange.stored(path) is None:
                computed.append(1)
                path.write_bytes(b"x")

    threads = [threading.Thread(target=compute) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert computed == [1]


def test_a_converted_backbone_is_found_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    assert exchange.stored(tmp_path / "net-150-ab.tflite") is None
    (tmp_path / "net-150-ab-0123.tflite").touch()
    assert exchange.stored(tmp_path / "net-150-ab.tflite") == tmp_path / "net-150-ab-0123.tflite"
    assert exchange.stored(tmp_path / "net-15.tflite") is None


# What needs Ray


def node(cores: float, gpus: float = 0, alive: bool = True) -> dict[str, object]:
    return {"Alive": alive, "Resources": {"CPU": cores, "GPU": gpus} if gpus else {"CPU": cores}}


@pytest.mark.parametrize(
    ("nodes", "frozen", "learning"),
    [
        ([node(16), node(4)], (2, 0), (4, 0)),
        ([node(1), node(8), node(0)], (1, 0), (1, 0)),
        ([node(8), node(2, alive=False)], (2, 0), (8, 0)),
        ([node(16, 2), node(64)], (8, 1), (8, 1)),
        ([node(2, 4)], (1, 1), (1, 1)),
    ],
)
def test_a_run_gets_a_gpu_or_the_cores_that_every_machine_has(
    nodes: list[dict[str, object]], frozen: tuple[int, int], learning: tuple[int, int]
) -> None:
    connection = pytest.importorskip("models.cluster.connection", reason="needs ray", exc_type=ImportError)
    assert connection.needs(config(dataset="x"), nodes, "a:1") == frozen
    assert connection.needs(config(dataset="x", backbone="small_cnn"), nodes, "a:1") == learning
    assert connection.needs(config(dataset="x", fine_tune={"epochs": 1}), nodes, "a:1") == learning
    with pytest.raises(ClusterError, match=r"^No machine of the cluster at a:1 has a core"):
        connection.needs(config(dataset="x"), [node(0)], "a:1")


def test_a_cluster_of_other_versions_is_a_sentence_with_both() -> None:
    connection = pytest.importorskip("models.cluster.connection", reason="needs ray", exc_type=ImportError)
    text = (
        "Version mismatch: The cluster was started with:\n    Ray: 2.40.0\n    Python: 3.12.1\n"
        "This process on node 10.0.0.1 was started with:\n    Ray: 2.60.0\n    Python: 3.11.2\n"
    )
    sentence = connection._explained("a:1", text)
    assert sentence.startswith(
        "This machine must have the versions of the cluster at a:1, Ray 2.40.0 and Python 3.12.1, got Ray 2.60.0 and "
        "Python 3.11.2."
    )
