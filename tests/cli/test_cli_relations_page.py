"""What docs/relations.md shows is what is printed."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "relations.md").read_text("utf-8")
SHOWN = re.findall(r"^```console\n\$ cellsearch (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


def test_every_example_is_run():
    assert len(SHOWN) == PAGE.count("```console") > 5


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_commands_print_what_is_shown(call, command, shown):
    command, _, tail = command.partition(" | tail -")
    lines = [line.rstrip() for line in call(*shlex.split(command)).stdout.splitlines()]
    assert "\n".join([*lines[-int(tail or 0) :], ""]) == shown


def test_the_python_says_what_is_shown():
    (text,) = re.findall(r"^```python\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL)
    examples = doctest.DocTestParser().get_doctest(text, {}, "relations", None, None)
    assert doctest.DocTestRunner().run(examples).failed == 0
