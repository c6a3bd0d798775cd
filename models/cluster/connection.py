"""The connection to a cluster: what is checked before the first run, and the keeper."""

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from core import workspace
from core.errors import ClusterError
from core.runs import bodies, cluster, launch
from core.runs.config import RunConfig
from models.cluster import node, versions
from models.cluster.keeper import Keeper

CONNECT_SECONDS = 45.0  # Ray itself waits for minutes if something else answers at the address
CHECK_SECONDS = 120.0  # for a machine to start a process, which also unpacks the program
RUNS_AT_ONCE = 256  # whose nodes talk to the keeper
HEAD_CORES = 2  # of a run whose backbone is frozen; more cores hardly make it faster
PASSED_ON = ("KERAS_BACKEND", "FITTING_ROOM_DOWNLOADS", "TF_CPP_MIN_LOG_LEVEL")  # variables that decide how runs train


@dataclass(frozen=True)
class Connection:
    """A cluster that can train, and the keeper of the workspace."""

    address: str
    keeper: ActorHandle
    versions: Mapping[str, str]

    def submit(self, run_id: str, config: RunConfig) -> Any:
        """Hand a run to Ray, which trains it as soon as a machine has room. Returns the reference of its result."""
        cores, gpus = needs(config, ray.nodes(), self.address)
        task = ray.remote(num_cpus=cores, num_gpus=gpus, max_retries=node.ATTEMPTS)(node.train)
        return task.remote(self.keeper, run_id, self.versions)


def connect(address: str) -> Connection:
    """Connect to a cluster that answers. Raises ClusterError if it is another one or if a machine of it can't train."""
    worker = cluster.device_of(address)
    too_late = threading.Timer(CONNECT_SECONDS, _give_up, (address, worker))
    too_late.start()
    try:
        with tempfile.TemporaryDirectory() as program:
            for room in versions.ROOMS:  # Ray sends a folder as a whole, and the workspace may lie beside these
                shutil.copytree(
                    workspace.PROJECT / room, Path(program) / room, ignore=shutil.ignore_patterns("__pycache__")
                )
            ray.init(
                address=address,
                runtime_env={"working_dir": program, "env_vars": _variables()},
                log_to_driver=False,
                logging_level="warning",
            )
    except Exception as error:
        raise ClusterError(_explained(address, str(error))) from error
    finally:
        too_late.cancel()
    expected = versions.here()
    _check_nodes(expected, address)
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_concurrency": RUNS_AT_ONCE, "scheduling_strategy": here}
    settings = {name: value for name, value in os.environ.items() if name.startswith("FITTING_ROOM_")}
    settings["FITTING_ROOM_HOME"] = str(workspace.home())
    keeper = ray.remote(Keeper).options(**options).remote(worker, settings)
    return Connection(address, keeper, expected)


def needs(config: RunConfig, nodes: list[dict[str, Any]], address: str) -> tuple[int, int]:
    """The cores and the GPUs that a run gets. Raises ClusterError if no machine has a core for training.

    With GPUs each run gets one, and its share of the cores beside it. Otherwise a run whose backbone learns gets all
    cores of the smallest machine, so that any of them can take it.
    """
    resources = [machine["Resources"] for machine in nodes if machine["Alive"]]
    with_gpu = [each for each in resources if each.get("GPU", 0) >= 1 and each.get("CPU", 0) >= 1]
    if with_gpu:
        return max(1, int(min(each["CPU"] / each["GPU"] for each in with_gpu))), 1
    cores = [int(each["CPU"]) for each in resources if each.get("CPU", 0) >= 1]
    if not cores:
        raise ClusterError(
            f"No machine of the cluster at {address} has a core for training. Start one with "
            f"`ray start --address={address} --num-cpus=2`, or the number of cores that it has."
        )
    body = bodies.find(config.backbone)
    is_frozen = body is not None and body.pretrained and config.fine_tune is None
    return min(*cores, HEAD_CORES) if is_frozen else min(cores), 0


def _check_nodes(expected: Mapping[str, str], address: str) -> None:
    """Raise ClusterError if a machine of the cluster can't train."""
    checks = {}
    for machine in ray.nodes():
        if machine["Alive"] and machine["Resources"].get("CPU", 0) >= 1:
            there = NodeAffinitySchedulingStrategy(machine["NodeID"], soft=False)
            task = ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=there)(node.check)
            checks[machine["NodeName"]] = task.remote(expected)
    done, _ = ray.wait(list(checks.values()), num_returns=len(checks), timeout=CHECK_SECONDS) if checks else ([], [])
    for name, check in checks.items():
        if check not in done:
            continue  # busy or dying: Ray finds out
        try:
            sentence = ray.get(check)
        except RayError as error:
            sentence = (
                f"The machine {name} of the cluster at {address} can't run the program: {_last_line(str(error))} "
                "Install what it needs there: pip install -r requirements.txt -r requirements-cluster.txt"
            )
        if sentence:
            raise ClusterError(sentence)


def _variables() -> dict[str, str]:
    own = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return {**own, **{name: os.environ[name] for name in PASSED_ON if name in os.environ}}


def _explained(address: str, text: str) -> str:
    """A sentence about what Ray says when it can't connect."""
    if "Version mismatch" in text:
        lines = [line.strip() for line in text.splitlines()]
        figures = [line.replace(":", "") for line in lines if line.startswith(("Ray:", "Python:"))]
        there, here = " and ".join(figures[:2]), " and ".join(figures[2:4])
        return (
            f"This machine must have the versions of the cluster at {address}, {there}, got {here}. Install the same "
            "versions on all machines (pip install -r requirements-cluster.txt) and start the cluster again."
        )
    return (
        f"This machine can't join the cluster at {address}: {_last_line(text)} Run `ray start --address={address}` on "
        "this machine first, so that it is a part of the cluster."
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{lines[-1][:200].rstrip('.')}." if lines else "no reason was given."


def _give_up(address: str, worker: str) -> None:
    """End this process: something answers at the address, but not as Ray does."""
    sentence = (
        f"{address} answers, but not as a Ray cluster of version {ray.__version__}. Check the address: "
        "`ray start --head` prints it."
    )
    launch.note_trouble(worker, sentence)
    print(sentence, file=sys.stderr, flush=True)
    os._exit(1)
