"""The examples of docs/rnn.md run as they stand, one after another."""

import re
from pathlib import Path

import torch

PAGE = Path(__file__).parents[2] / "docs" / "rnn.md"


def test_the_examples_run(capsys):
    torch.manual_seed(0)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(blocks) >= 10
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out.strip()
    assert printed and f"# {printed}\n" in blocks[-1]
