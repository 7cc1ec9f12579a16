"""`sweep`, `resume`, `status` and `report`, on a study of two cells and two seeds."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from cellsearch import store
from cellsearch.cli.verdicts import print_verdicts
from cellsearch.sweep import lock

STATES = ("planned", "done", "diverged", "pruned", "failed", "running", "waiting")


@pytest.fixture
def copy(study, tmp_path):
    """A copy of the study, to be changed."""
    return shutil.copytree(study[0], tmp_path / "copy")


def status(call_json, folder):
    found = call_json("status", folder)
    assert tuple(found) == (*STATES, "tuning", "comparison")
    assert set(found.pop("tuning").values()) == {0}
    assert found.pop("comparison") == found
    return found


def test_a_sweep_ends_with_the_verdicts(study):
    folder, said = study
    assert [f"[{k}/4]" in said.stderr for k in (1, 2, 3, 4)] == [True] * 4
    assert re.search(r"gru, seed 1: test perplexity \d+\.\d+ in", said.stderr)
    assert "tiny: Does the command line work?" in said.stdout
    assert re.search(r"^ ?base +base +\d+\.\d{3} ", said.stdout, re.MULTILINE)
    assert "base: What the others are compared with." in said.stdout
    assert f"cellsearch report {folder} --out" in said.stdout


def test_what_to_call_next_can_be_pasted(call, study, tmp_path):
    folder = shutil.copytree(study[0], tmp_path / "my study")
    said = call("resume", folder).stdout
    assert f"cellsearch report '{folder}' --out 'reports/my study'" in said
    assert f"cellsearch resume '{folder}' --set seeds=N" in said


def test_everything_is_on_record(study, call, call_json):
    found = status(call_json, study[0])
    assert found == dict.fromkeys(STATES, 0) | {"planned": 4, "done": 4}
    assert re.search(r"^done +4$", call("status", study[0]).stdout, re.MULTILINE)
    assert {b.variant for b in store.read(study[0]).benches} == {"base", "gru"}


def test_a_finished_study_is_not_trained_again(call, tiny, copy):
    before = (copy / store.NAME).read_bytes()
    said = call("sweep", tiny, "--results", copy, "--executor", "inline")
    assert "all 4 trials are on record" in said.stderr
    assert "gru" in said.stdout
    assert (copy / store.NAME).read_bytes() == before


def test_the_report_prints_its_page(call, call_json, study, tmp_path):
    out = tmp_path / "out"
    page = call("report", study[0], "--out", out).stdout.strip()
    assert page == str(out / "index.html")
    assert "Does the command line work?" in (out / "index.html").read_text()
    found = call_json("report", study[0], "--out", out)
    assert found["index"] == page
    assert {p.name for p in out.iterdir()} == {"index.html", "report.md", "tables", "figures"}


def test_seeds_are_added(call, call_json, copy):
    said = call("resume", copy, "--executor", "inline", "--set", "seeds=3")
    assert "gru, seed 2:" in said.stderr
    assert "seed 0:" not in said.stderr
    assert status(call_json, copy)["done"] == 6
    assert store.read(copy).looks == 2


def test_a_sweep_goes_on_with_the_seeds_that_were_added(call, call_json, tiny, copy):
    call("resume", copy, "--executor", "inline", "--set", "seeds=3")
    said = call("sweep", tiny, "--results", copy, "--executor", "inline")
    assert "all 6 trials are on record" in said.stderr
    said = call("sweep", tiny, "--results", copy, "--set", "seeds=2", code=2)
    assert "seeds can be added and not taken away" in said.stderr


def test_the_plan_is_frozen(call, tiny, copy):
    said = call("sweep", tiny, "--results", copy, "--set", "model.hidden=7", code=2)
    assert "holds another study" in said.stderr
    assert "model.hidden: 6 in the study, 7 now" in said.stderr
    said = call("resume", copy, "--set", "train.tokens=1", code=2)
    assert "train.tokens: 2000 in the study, 1 now" in said.stderr
    assert "seeds" in call("resume", copy, "--set", "seeds=1", code=2).stderr


def test_one_process_holds_a_study(call, call_json, tiny, copy):
    with lock.hold(copy):
        said = call("sweep", tiny, "--results", copy, code=1)
        assert status(call_json, copy)["done"] == 4
    assert f"held by process {os.getpid()}" in said.stderr


def test_a_torn_last_line_is_said_and_nothing_lost(call, call_json, copy):
    journal = copy / store.NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    *others, last = sorted(lines, key=lambda line: json.loads(line)["kind"] == "trial")
    assert json.loads(others[0])["kind"] == "study"
    journal.write_bytes(b"".join(others) + last[:100])
    said = call("status", copy, "--json")
    assert "is torn" in said.stderr
    assert json.loads(said.stdout)["waiting"] == 1
    said = call("resume", copy, "--executor", "inline")
    assert "is torn" in said.stderr
    assert status(call_json, copy)["done"] == 4


def test_a_torn_plan_is_said(call, copy):
    journal = copy / store.NAME
    journal.write_bytes(journal.read_bytes()[:500])
    for command in ("status", "report", "resume"):
        assert "the first line should be the study's plan" in call(command, copy, code=1).stderr


def test_a_damaged_line_is_said(call, copy):
    journal = copy / store.NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b'{"kind": "trial"}\n', *lines[1:]]))
    for command in ("status", "report", "resume"):
        said = call(command, copy, code=1)
        assert "line 2 is damaged" in said.stderr
        assert said.stdout == ""


@pytest.mark.parametrize("command", ["status", "report", "resume"])
def test_a_folder_without_a_study_is_a_wrong_call(call, command, tmp_path):
    assert "holds no study" in call(command, tmp_path, code=2).stderr
    assert "holds no study" in call(command, tmp_path / "no", code=2).stderr
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("variants:", "varients:"), "nearest is 'variants'"),
        (("hidden: 6", "hiden: 6"), "nearest is 'hidden'"),
        (("base: lstm", "base: lstn"), "nearest is 'lstm'"),
        (("seeds: 2", "backend: referense"), "nearest is 'reference'"),
        (("task:", "task:\n  name: language_mode"), "nearest is 'language_model'"),
        (("cell: gru,", "cell: lstm,"), "variant 'gru' is identical to the base"),
        (("cell: gru,", "with: 'q = ',"), "variant 'gru': "),
        (("name: tiny", "name: [tiny"), "tiny.yaml:"),
        (("train=4000,valid=600", "train=4000,valid=10"), "too short"),
    ],
)
def test_a_wrong_sweep_begins_nothing(call, tiny, tmp_path, change, message):
    path, results = tmp_path / "tiny.yaml", tmp_path / "results"
    path.write_text(tiny.read_text().replace(*change))
    code = 1 if message == "too short" else 2
    said = call("sweep", path, "--results", results, code=code)
    assert message in said.stderr
    assert "Traceback" not in said.stderr
    assert not results.exists()


def test_no_sweep_file_is_a_wrong_call(call, tmp_path):
    assert "no such file" in call("sweep", tmp_path / "no.yaml", code=2).stderr


def test_wrong_means_are_a_wrong_call(call, tiny, tmp_path):
    for wrong in (("--executor", "proces"), ("--workers", "0"), ("--set", "trian.tokens=1")):
        call("sweep", tiny, "--results", tmp_path / "r", *wrong, code=2)
    assert not (tmp_path / "r").exists()


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(call, call_json, tiny, tmp_path):
    folder = tmp_path / "stopped"
    arguments = ("--results", folder, "--workers", "1", "--set", "train.tokens=400000")
    command = [sys.executable, "-m", "cellsearch.cli", "sweep", tiny, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: (folder / store.NAME).exists() and status(call_json, folder)["running"])
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert f"Stopped; go on with: cellsearch resume {folder}" in said
    assert (out, "Traceback" in said) == ("", False)
    found = status(call_json, folder)
    assert (found["running"], found["waiting"]) == (0, 4 - found["done"])


def wait_for(happened, seconds=120):
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.slow
def test_a_report_is_written_twice_in_one_process(study, tmp_path):
    # A file called as a function of its package would take the function's place.
    from cellsearch import report

    pages = [report.build(study[0], tmp_path / name).index.read_bytes() for name in ("a", "b")]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("columns", "shown", "left_out"),
    [
        (160, ["95%, alone", "together", "parameters"], []),
        (80, ["perplexity", "change", "95%, alone"], ["95%, all together"]),
        (40, ["variant", "verdict", "change"], ["95%, alone, test perplexity, seeds"]),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns(study, monkeypatch, capsys, columns, shown, left_out):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    print_verdicts(store.read(study[0]))
    said = capsys.readouterr().out
    table, _, _ = said.partition("base: ")
    assert "…" not in table
    assert [text for text in shown + left_out if text not in table] == []
    assert ("Left out, for the terminal is narrow" in table) == bool(left_out)
