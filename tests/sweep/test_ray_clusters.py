"""What is written for clusters can be read by those who read it; see `docs/clusters.md`."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cellsearch.cli.app import app

FOLDER = Path(__file__).parents[2] / "clusters"
# Of KubeRay's API, `ray.io/v1`: the fields of RayJobSpec, RayClusterSpec and the groups.
JOB = {"entrypoint", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished", "backoffLimit"}
CLUSTER = {"rayVersion", "headGroupSpec", "workerGroupSpecs"}
WORKERS = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
HEAD = {"rayStartParams", "template"}
SCRIPTS = ("slurm.sh", "submit.sh")


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_scripts_are_bash(name: str) -> None:
    done = subprocess.run(["bash", "-n", FOLDER / name], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def job() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "rayjob.yaml").read_text("utf-8"))
    return found


def test_the_job_for_kubernetes_has_fields_that_there_are(job: dict[str, Any]) -> None:
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert set(job["spec"]) == JOB | {"rayClusterSpec"}
    cluster = job["spec"]["rayClusterSpec"]
    assert set(cluster) == CLUSTER
    assert set(cluster["headGroupSpec"]) == HEAD
    assert [set(group) for group in cluster["workerGroupSpecs"]] == [WORKERS]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        spec = group["template"]["spec"]
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in spec["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_the_version_of_ray_is_the_one_that_was_tested(job: dict[str, Any]) -> None:
    constraints = (FOLDER.parent / "constraints.txt").read_text()
    assert f"\nray=={job['spec']['rayClusterSpec']['rayVersion']}\n" in constraints


def calls() -> list[str]:
    """Every call of ours in the files."""
    lines = [line for name in SCRIPTS for line in (FOLDER / name).read_text().splitlines()]
    job = yaml.safe_load((FOLDER / "rayjob.yaml").read_text("utf-8"))
    found = [line.strip() for line in lines if line.strip().startswith("cellsearch sweep")]
    return [*found, job["spec"]["entrypoint"].partition("||")[0]]


@pytest.mark.parametrize("call", calls())
def test_what_is_called_can_be_called(call: str) -> None:
    name, *arguments = shlex.split(call.replace('"$@"', "--gpus-per-trial 0.25"))[1:]
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    found = command.make_context(name, arguments).params
    assert found["executor"] == "ray"
    assert found["address"]


def test_there_is_a_call_in_each_file() -> None:
    assert len(calls()) == len(SCRIPTS) + 1
