"""A cluster of several nodes on this machine, in a process of its own: `ray_nodes.py NODES`.

NODES is a JSON list: what each node has, the head first. It says its address in a line, then obeys
{"kill": 1} and {"add": {...}}, each answered by a line, and ends with its input, all nodes with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cellsearch.sweep.executors import parent
from cellsearch.sweep.executors.ray import keeper

STORE = {"object_store_memory": 75 * 2**20, "include_dashboard": False}
# A node that is killed is noticed in a second or two.
HASTE = {
    "health_check_initial_delay_ms": 500,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 2000,
    "health_check_failure_threshold": 3,
}


class Nodes:
    """The cluster as a test sees it."""

    def __init__(self, *nodes: dict[str, Any]) -> None:
        call = [sys.executable, __file__, str(os.getpid()), json.dumps(nodes)]
        # Trainers of these tests lie beside this file.
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            call,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,
            text=True,
        )
        self.address = self._answer()

    def do(self, **order: Any) -> str:
        """Kill or add a node."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """End all of it."""
        self._process.communicate(timeout=60)

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def main(test: str, nodes: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    parent.adopt_orphans()
    parent.die_with(int(test), signal.SIGTERM)
    voice = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    folder = tempfile.mkdtemp(prefix="nodes-", dir="/tmp")
    try:
        _serve(json.loads(nodes), folder, voice)
    finally:
        keeper.end_descendants()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def _serve(nodes: list[dict[str, Any]], folder: str, voice: Any) -> None:
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": folder}
    from ray.cluster_utils import Cluster

    head, *others = nodes
    cluster = Cluster(True, head_node_args=head | STORE | {"_system_config": HASTE})
    added = [cluster.head_node, *(cluster.add_node(**node, **STORE) for node in others)]
    print(cluster.address, file=voice, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "kill" in order:
            os.kill(added[order["kill"]].all_processes["raylet"][0].process.pid, signal.SIGKILL)
        else:
            added.append(cluster.add_node(**order["add"], **STORE))
        print("done", file=voice, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
