"""Texts spoiled at random: what a parser has to survive."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_TOKENS = re.compile(r"\s+|\w+'?|[^\w\s]")
_STRANGE = (
    *("\x00", "\t", "\r", "\x0b", "\u00a0", "\u200b", "\u2028", "\ufeff", "ℎ", "′", "×", "−"),
    *("λ", "Ω", "é", "e\u0301", "漢", "🙂", "\U0010ffff", "′'", "''", "..", "->", "//", "?a"),
)
_NUMBERS = ("0", "-1", "1e9", "999999999", "1e15", "1e300", "1e999", "0.5", "1e-320", "9" * 400)
_WORDS = (
    *(
        "H",
        "X",
        "I",
        "inf",
        "x",
        "h",
        "h'",
        "T",
        "cell",
        "with",
        "repeat",
        "init",
        "param",
        "const",
    ),
    *("needs", "output", "learned", "default", "scalar", "sigmoid(", "delay(", "conv(", "block("),
    *("dropout(", "zoneout(", "sum(", "diag(", "outer(", "uniform(", "orthogonal", "ramp", "1 |"),
)

Mutation = Callable[[random.Random, str, str], str]


def mutated(rng: random.Random, texts: Sequence[str]) -> str:
    """One of the texts, spoiled in up to four ways."""
    text = rng.choice(texts)
    for _ in range(rng.randint(1, 4)):
        text = rng.choice(_MUTATIONS)(rng, text, rng.choice(texts))
    return text


def random_bytes(rng: random.Random, texts: Sequence[str]) -> bytes:
    """Bytes: of a text with some of them flipped, or at random."""
    if rng.random() < 0.3:
        return rng.randbytes(rng.randint(0, 200))
    raw = bytearray(rng.choice(texts).encode())
    for _ in range(rng.randint(1, 8)):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


def _span(rng: random.Random, text: str, longest: int = 40) -> tuple[int, int]:
    start = rng.randint(0, len(text))
    return start, min(len(text), start + rng.randint(1, longest))


def _delete(rng: random.Random, text: str, other: str) -> str:
    a, b = _span(rng, text)
    return text[:a] + text[b:]


def _duplicate(rng: random.Random, text: str, other: str) -> str:
    a, b = _span(rng, text)
    return text[:b] + text[a:b] * rng.choice([1, 1, 2, 300]) + text[b:]


def _insert(rng: random.Random, text: str, other: str) -> str:
    a = rng.randint(0, len(text))
    return text[:a] + rng.choice([*_STRANGE, *_NUMBERS, *_WORDS]) + text[a:]


def _other_token(rng: random.Random, text: str, other: str) -> str:
    """A token replaced by one of another text, a number, a word."""
    tokens = _TOKENS.findall(text) or [""]
    more = _TOKENS.findall(other) or [""]
    tokens[rng.randrange(len(tokens))] = rng.choice([rng.choice(more), *_NUMBERS, *_WORDS])
    return "".join(tokens)


def _swap_tokens(rng: random.Random, text: str, other: str) -> str:
    tokens = _TOKENS.findall(text) or [""]
    i, j = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[i], tokens[j] = tokens[j], tokens[i]
    return "".join(tokens)


def _swap_lines(rng: random.Random, text: str, other: str) -> str:
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return "\n".join(lines)


def _indent(rng: random.Random, text: str, other: str) -> str:
    lines = text.split("\n")
    i = rng.randrange(len(lines))
    lines[i] = " " * rng.randint(0, 9) + lines[i].lstrip()
    return "\n".join(lines)


def _truncate(rng: random.Random, text: str, other: str) -> str:
    return text[: rng.randint(0, len(text))]


def _splice(rng: random.Random, text: str, other: str) -> str:
    return text[: rng.randint(0, len(text))] + other[rng.randint(0, len(other)) :]


def _nest(rng: random.Random, text: str, other: str) -> str:
    """A name put in many brackets or functions."""
    names = [m.span() for m in re.finditer(r"\b[a-z]\b'?", text)]
    if not names:
        return text
    a, b = rng.choice(names)
    depth = rng.choice([2, 30, 90, 110, 3000])
    left, right = rng.choice([("(", ")"), ("tanh(", ")"), ("-", ""), ("(1 - ", ")"), ("[", "]")])
    return text[:a] + left * depth + text[a:b] + right * depth + text[b:]


def _number(rng: random.Random, text: str, other: str) -> str:
    numbers = [m.span() for m in re.finditer(r"\d+", text)]
    if not numbers:
        return text
    a, b = rng.choice(numbers)
    return text[:a] + rng.choice(_NUMBERS) + text[b:]


_MUTATIONS: tuple[Mutation, ...] = (
    *(_delete, _duplicate, _insert, _other_token, _other_token, _swap_tokens, _swap_lines),
    *(_indent, _truncate, _splice, _nest, _number, _number),
)
