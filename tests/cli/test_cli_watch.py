"""What a person sees while a sweep runs."""

import io

import pytest
from rich.console import Console

from cellsearch.cli import watch
from cellsearch.cli.say import duration
from cellsearch.record import Failure, Outcome
from cellsearch.store import read
from cellsearch.sweep.watching.display import View
from cellsearch.sweep.watching.running import Running
from cellsearch.sweep.watching.status import Status

NOW = View(
    Status(planned=9, done=3, diverged=1, failed=1, running=2, waiting=2),
    (
        Running("lstm", 0, None, 1, 500, 1000, 1.25, "a"),
        Running("gru", 1, None, 1, 0, 1000, None, "b"),
    ),
    90.0,
)


def drawn(view):
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(watch._picture(view))
    return console.export_text()


@pytest.fixture
def line(study):
    return read(study[0]).trials[0]


def test_the_picture_has_what_runs_and_the_counts():
    said = drawn(NOW)
    assert "lstm" in said
    assert "loss 1.250" in said
    assert "2 running, 3 done, 1 diverged, 1 failed, 2 left of 9; about 2 min to go" in said


def test_a_line_for_each_trial_that_ends(line, capsys):
    lines = watch.Lines()
    lines.finished(line)
    lines.show(NOW)
    lines.show(NOW)
    said = capsys.readouterr().err
    assert said.startswith("[5/9] base, seed 0: test perplexity ")
    assert said.endswith("; about 2 min to go\n")
    assert said.count("\n") == lines.ended == 1


def test_a_line_now_and_then_for_those_that_run(monkeypatch, capsys):
    lines = watch.Lines()
    clock = watch.time.monotonic() + watch.SILENCE
    monkeypatch.setattr(watch.time, "monotonic", lambda: clock)
    lines.show(NOW)
    lines.show(NOW)
    assert capsys.readouterr().err == "running: lstm/0 50%, gru/1 0%; about 2 min to go\n"


def test_how_a_trial_ended(line):
    def told(**outcome):
        return watch.told(line.model_copy(update={"outcome": Outcome(**outcome)}))

    failure = Failure(kind="diverged", message="the loss was no longer finite")
    assert told(status="diverged", diverged_at=1234, error=failure) == (
        "base, seed 0: diverged at update 1,234: the loss was no longer finite"
    )
    assert told(status="diverged") == "base, seed 0: diverged"
    failure = Failure(kind="oom", message="no memory")
    assert told(status="failed", error=failure) == "base, seed 0: failed: no memory"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5400, "1.5 h")]
)
def test_durations(seconds, said):
    assert duration(seconds) == said
