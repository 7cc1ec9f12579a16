import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cellsearch import export

COMMANDS = (
    *("cells", "show", "diff", "ablations", "import", "check", "export", "train", "sweep"),
    "resume",
    *("status", "merge", "report", "compare", "bench"),
)
HEAVY = {"torch", "numpy", "pandas", "scipy", "matplotlib", "pydantic", "yaml", "cellsearch.lang"}


def test_help_lists_every_command(call):
    said = call("--help").stdout
    assert [name for name in COMMANDS if f" {name} " not in said] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(call, command):
    said = call(command, "--help").stdout
    assert re.search(rf"Example:\s+cellsearch {command}\b", said)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_of_an_example_is_folded(call, command):
    lines = [line.strip() for line in call(command, "--help").stdout.splitlines()]
    start = lines.index("Example:") + 1
    example = lines[start : lines.index("", start)]
    assert all(line.startswith(f"cellsearch {command}") for line in example)


def test_export_lists_every_format(call):
    said = call("export", "--help").stdout
    assert [name for name in export.names() if not re.search(rf"\b{name}\b[,;]", said)] == []


def test_the_commands_import_nothing_heavy_before_they_run():
    code = "import sys, cellsearch.cli.app; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(said.stdout.split()) & HEAVY == set()


def test_a_terminal_that_lacks_a_letter_gets_another():
    greek = "cell a(x; h)\n    h' = tanh(W @ x + U @ h + β)\n    param β"
    environment = os.environ | {"PYTHONIOENCODING": "ascii:strict"}
    command = [sys.executable, "-m", "cellsearch.cli", "show", greek]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "U @ h + ?)" in said.stdout


def test_the_package_is_the_program_too():
    command = [sys.executable, "-m", "cellsearch", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.startswith("cellsearch ")


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize("buffered", ["", "1"])
def test_a_full_disk_behind_a_result_is_said(buffered):
    environment = os.environ | {"PYTHONUNBUFFERED": buffered}
    command = [sys.executable, "-m", "cellsearch.cli", "show", "lstm", "--json"]
    with FULL.open("w") as full:
        said = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE)
    assert (said.returncode, said.stderr) == (1, b"no space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_bug(closed):
    call = f'"{sys.executable}" -m cellsearch.cli cells {closed}'
    said = subprocess.run(call, shell=True, capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")


def test_a_name_too_long_for_a_file_is_said():
    command = [sys.executable, "-m", "cellsearch.cli", "status", "a" * 300]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 1
    assert said.stderr.endswith(": file name too long\n")


def test_version(call):
    assert call("--version").stdout.startswith("cellsearch 0.")


def test_an_unknown_command_is_a_wrong_call(call):
    assert "No such command 'swep'" in call("swep", code=2).stderr


def test_a_bug_shows_its_traceback(call, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("cellsearch.lang.names", broken)
    with pytest.raises(ZeroDivisionError):
        call("cells")


def test_ctrl_c_is_no_traceback(call, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cellsearch.lang.names", interrupted)
    assert call("cells", code=130).stderr == "stopped\n"
