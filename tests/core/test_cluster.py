"""A cluster as a device: its address, its worker, and what is said when it can't be reached."""

import socket
import time
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import pytest

from core import machine
from core.datasets import adding
from core.errors import ClusterError, SettingsError
from core.files import processes
from core.runs import cluster, devices, folder, launch, queue, studies
from core.runs.config import config

ADDRESS = "192.168.0.7:6379"


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    return adding.add_folder("tiny", tiny_dataset).name


@pytest.fixture
def with_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Ray were installed."""
    monkeypatch.setattr(util, "find_spec", lambda name: name)


@pytest.fixture
def listening() -> Iterator[str]:
    """The address of something that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The processes that were started, without starting them."""
    starts: list[tuple[str, ...]] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: starts.append((module, *arguments)))
    return starts


@pytest.mark.parametrize(
    "address",
    [
        "",
        "here",
        "here:",
        ":6379",
        "here:0",
        "here:65536",
        "here:port",
        "ray://here:10001",
        "a/../b:1",
        "-x:1",
        "a b:1",
    ],
)
def test_another_form_of_address_is_refused(with_ray: None, address: str) -> None:
    with pytest.raises(SettingsError, match=r"^The address of the cluster must be HOST:PORT, such as .*, got '"):
        devices.check(cluster.device_of(address))
    assert cluster.address_of(cluster.device_of(address)) == ""
    assert devices.worker_of(cluster.device_of(address)) != cluster.device_of(address)  # no part of a file's name


def test_without_ray_the_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, listening: str) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"missing\. Install it: pip install -r requirements-cluster\.txt$"):
        cluster.check(listening)


def test_an_unreachable_cluster_is_a_sentence_within_seconds(with_ray: None, listening: str) -> None:
    cluster.check(listening)
    began = time.monotonic()
    with pytest.raises(ClusterError, match=r"^The cluster at 127\.0\.0\.1:1 can't be reached \(.+\)\. Check"):
        cluster.check("127.0.0.1:1")
    with pytest.raises(ClusterError, match="no-such-machine"):
        cluster.check("no-such-machine.invalid:6379")
    assert time.monotonic() - began < 2 * cluster.SECONDS


def test_train_offers_a_cluster_only_where_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "gpus", tuple)
    monkeypatch.delenv(cluster.VARIABLE, raising=False)
    assert devices.choices() == {}
    monkeypatch.setenv(cluster.VARIABLE, f" {ADDRESS} ")
    device = cluster.device_of(ADDRESS)
    assert devices.choices() == {"auto": "This machine", device: f"Cluster at {ADDRESS}"}
    assert (devices.worker_of(device), devices.worker_of("auto"), cluster.address_of(device)) == (
        device,
        "auto",
        ADDRESS,
    )


def test_the_runs_of_a_cluster_have_a_worker_of_their_own(
    tiny: str, with_ray: None, listening: str, started: list[tuple[str, ...]]
) -> None:
    device = cluster.device_of(listening)
    ids = studies.put(studies.DROPOUT, config(dataset=tiny), device)
    here = queue.put(config(dataset=tiny))
    assert [run.id for run in queue.waiting(device)] == ids
    assert {folder.look(run_id).device for run_id in ids} == {device}
    assert launch.ensure_worker()
    assert sorted(started) == [("models.cluster", "--address", listening), ("models.worker", "--device", "auto")]
    assert ":" not in launch.lock_of(device).name  # Windows forbids it
    queue.move(ids[0], "auto")
    assert [run.id for run in queue.waiting("auto")] == [ids[0], here]


def test_what_a_clusters_worker_says_is_shown_at_once(
    tiny: str, with_ray: None, listening: str, started: list[tuple[str, ...]]
) -> None:
    device = cluster.device_of(listening)
    run_id = queue.put(config(dataset=tiny), device)
    launch.ensure_worker()
    assert launch.trouble() is None
    launch.note_trouble(device, "The machine b has keras 2.")
    assert launch.trouble() == "The machine b has keras 2."
    queue.stop(run_id)
    assert launch.trouble() is None  # nothing waits for it any more
    queue.put(config(dataset=tiny), device)
    launch.clear_starts(device)
    assert launch.trouble() is None
