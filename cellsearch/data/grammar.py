"""A source of text whose entropy rate is known: words in nested brackets.

At each moment the source stands inside a stack of open brackets, at most `DEPTH` deep. It draws
a token by the stack's top alone: one of eight words (each ends in a space), an opening bracket,
or what closes: the matching bracket, a newline outside of all brackets. The same words occur
everywhere, with other weights inside round brackets, inside square ones and outside; so who has
forgotten the stack predicts worse, and the stack must be remembered across everything that was
opened and closed meanwhile.

No token is the beginning of another, so the tokens can be read off the text and the stack is a
function of the past (the source is unifilar). Its entropy rate per character is therefore

    sum over stacks of pi(stack) H(token | stack)  /  sum of pi(stack) E[length | stack]

All weights are 256ths and each token is drawn by one byte of SHAKE-256: the same text on every
machine, and a longer text begins with the shorter one.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from cellsearch.data.vocabulary import encode_characters

DEPTH = 2
TOTAL = 256
# Weights in 256ths, alike in each place but at the greatest depth, where what would open closes.
OPEN, CLOSE = 20, 40
BRACKETS = {"(": ")", "[": "]"}
WORDS = ("a ", "an ", "at ", "eat ", "net ", "tea ", "ten ", "neat ")
WEIGHTS = {
    "": (52, 38, 28, 20, 14, 11, 8, 5),
    "(": (5, 8, 11, 14, 52, 38, 28, 20),
    "[": (20, 14, 52, 38, 5, 28, 11, 8),
}
ALPHABET = tuple(sorted({*"".join(WORDS), *BRACKETS, *BRACKETS.values(), "\n"}))


@dataclass(frozen=True)
class _Node:
    """A state of the source as a reader of characters sees it.

    Attributes:
        stack: the open brackets.
        prefix: the characters of the token that is being read.
        surprisal: of each character that may come, in nats.
    """

    stack: str
    prefix: str
    surprisal: Mapping[str, float]


def generate(characters: int, stream: str) -> str:
    """Text of the given length. `stream` tells independent texts apart; any string."""
    states = {stack: _choices(stack) for stack in stacks()}
    tokens: list[str] = []
    length, state = 0, states[""]
    for byte in hashlib.shake_256(f"cellsearch grammar 1 {stream}".encode()).digest(characters):
        if length >= characters:
            break
        token, stack = state[byte]
        state = states[stack]
        tokens.append(token)
        length += len(token)
    return "".join(tokens)[:characters]


def entropy() -> float:
    """The entropy rate in nats per character."""
    nats = sum(pi * _entropy(_weights(stack)) for stack, pi in stationary().items())
    return nats / _mean_length()


def surprisal(ids: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """What each character of a text costs the source itself, -ln p(character | past), [N].

    The mean over any part of a text is the best expected loss there is on that very part: a
    model's loss minus it has the model's divergence as its expectation, and much less noise than
    the loss alone. The text must begin as the source does, outside of all brackets, as the
    corpus's splits do.

    Args:
        ids: characters as ids of `ALPHABET`, [N].

    Raises:
        ValueError: a character that cannot stand where it does.
    """
    costs = np.empty(np.size(ids))
    node = _node("", "")
    for i, char in enumerate(ALPHABET[j] for j in np.asarray(ids).tolist()):
        if char not in node.surprisal:
            raise ValueError(f"the grammar cannot give {char!r} at position {i}")
        costs[i] = node.surprisal[char]
        node = _after(node, char)
    return costs


def encode(text: str) -> npt.NDArray[np.int32]:
    """Ids of a text of the grammar, int32 [N]."""
    return encode_characters(text, ALPHABET)


def stacks() -> tuple[str, ...]:
    """All stacks, shallow ones first."""
    found = [""]
    for stack in found:
        if len(stack) < DEPTH:
            found.extend(stack + bracket for bracket in BRACKETS)
    return tuple(found)


def stationary() -> dict[str, float]:
    """How often the source, between two tokens, has each stack.

    Stacks form a tree, so what goes into a stack comes out of it again: pi(child) * P(close)
    is pi(parent) * P(open), exactly.
    """
    weight = {"": 1.0}
    for stack in stacks()[1:]:
        closing = _weights(stack)[_closer(stack)]
        weight[stack] = weight[stack[:-1]] * OPEN / closing
    total = sum(weight.values())
    return {stack: w / total for stack, w in weight.items()}


def _weights(stack: str) -> dict[str, int]:
    words = dict(zip(WORDS, WEIGHTS[stack[-1:]], strict=True))
    if len(stack) == DEPTH:
        return {**words, _closer(stack): CLOSE + OPEN * len(BRACKETS)}
    return {**words, **dict.fromkeys(BRACKETS, OPEN), _closer(stack): CLOSE}


def _closer(stack: str) -> str:
    return BRACKETS[stack[-1]] if stack else "\n"


def _follow(stack: str, token: str) -> str:
    if token in BRACKETS:
        return stack + token
    return stack[:-1] if token == _closer(stack) else stack


def _choices(stack: str) -> list[tuple[str, str]]:
    weights = _weights(stack)
    return [(t, _follow(stack, t)) for t, weight in weights.items() for _ in range(weight)]


def _entropy(weights: Mapping[str, int]) -> float:
    return -sum(w / TOTAL * math.log(w / TOTAL) for w in weights.values())


def _mean_length() -> float:
    return sum(
        pi * weight / TOTAL * len(token)
        for stack, pi in stationary().items()
        for token, weight in _weights(stack).items()
    )


@cache
def _node(stack: str, prefix: str) -> _Node:
    open_tokens = {t: w for t, w in _weights(stack).items() if t.startswith(prefix)}
    total = sum(open_tokens.values())
    mass: dict[str, int] = {}
    for token, weight in open_tokens.items():
        char = token[len(prefix)]
        mass[char] = mass.get(char, 0) + weight
    return _Node(stack, prefix, {c: math.log(total / w) for c, w in mass.items()})


def _after(node: _Node, char: str) -> _Node:
    read = node.prefix + char
    if read in _weights(node.stack):
        return _node(_follow(node.stack, read), "")
    return _node(node.stack, read)
