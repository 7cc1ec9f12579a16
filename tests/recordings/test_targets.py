"""Targets: what stands between quotes and brackets, in headings, lines and words."""

from __future__ import annotations

import pytest

from cellsearch.recordings.targets import READABLE

TARGETS = {readable.name: readable.of for readable in READABLE}


def marked(name: str, text: str) -> str:
    return "".join("^" if there else " " for there in TARGETS[name](text))


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('a "b c" d', "  ^^^^   "),
        ("don't 'do' it", "      ^^^    "),
        ("'tis not\nover'", " " * 14),
        ("'it's so' he", "^^^^^^^^    "),
        ("see ``x.y`` and `z`", "    ^^^^^       ^^ "),
        ('an "open one\nand "two"', " " * 17 + "^^^^ "),
    ],
)
def test_inside_quotes(text: str, inside: str) -> None:
    assert marked("inside quotes", text) == inside


@pytest.mark.parametrize(("length", "there"), [(500, True), (501, False)])
def test_a_quotation_is_no_longer_than_500_characters(length: int, there: bool) -> None:
    text = f"a 'b{'.' * (length - 1)}' c"
    assert ("^" in marked("inside quotes", text)) is there


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["'a ", "'"])
def test_a_long_line_of_quotes_that_nothing_closes_comes_to_an_end(piece: str) -> None:
    assert not TARGETS["inside quotes"](piece * (40_000 // len(piece)) + "\n").any()


def test_brackets_are_counted_and_forgotten_at_an_empty_line() -> None:
    text = "a(b[c]d)e)f(g\n\nh{i}"
    depth = "".join(str(int(n)) for n in TARGETS["depth of brackets"](text))
    assert depth == "0112211000011100110"[:-1] + "0"
    assert marked("inside brackets", "a(b)c") == " ^^  "


def test_a_heading_follows_an_empty_line_and_ends_in_a_colon() -> None:
    text = "ROMEO:\nO: speak\nagain:\n\nSecond Servant:\nNo\n\nNo one:here"
    inside = [
        line
        for line in "".join(
            c if m == "^" else " " for c, m in zip(text, marked("in a heading", text), strict=True)
        ).split("  ")
        if line.strip()
    ]
    assert [line.strip() for line in inside] == ["ROMEO:", "Second Servant:"]


def test_positions_begin_anew() -> None:
    assert TARGETS["position in the line"]("ab\ncd").tolist() == [1, 2, 0, 1, 2]
    assert TARGETS["position in the word"]("ab, cd1e").tolist() == [1, 2, 0, 0, 1, 2, 0, 1]
