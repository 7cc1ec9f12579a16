"""Commands called in this process, as a shell would call them."""

import json

import pytest
from typer.testing import CliRunner

from cellsearch.cli.app import app

TINY = """
name: tiny
question: Does the command line work?
base: lstm
placebo: none
variants:
  gru: {cell: gru, sentence: Another cell.}
task:
  corpus: "grammar:train=4000,valid=600,test=600"
  evaluation_streams: 4
  evaluation_warmup: 8
model: {hidden: 6}
train: {tokens: 2000, batch: 4, segment: 25, evaluations: 2}
seeds: 2
"""


@pytest.fixture(scope="session")
def call():
    """Call the program with arguments; says also what a failing call printed."""

    def run(*arguments, code=0):
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture(scope="session")
def call_json(call):
    return lambda *arguments, code=0: json.loads(call(*arguments, "--json", code=code).stdout)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A sweep file of two cells and two seeds, trained in a second."""
    path = tmp_path_factory.mktemp("sweep") / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def study(call, tiny, tmp_path_factory):
    """The folder of the finished study, not to be changed; and what the sweep said."""
    folder = tmp_path_factory.mktemp("results") / "tiny"
    said = call("sweep", tiny, "--results", folder, "--executor", "inline")
    return folder, said
