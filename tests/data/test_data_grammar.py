"""The grammar: its text is the same everywhere, and its entropy is what it says."""

import hashlib
import math
from collections import Counter

import numpy as np
import pytest

from cellsearch.config import TaskConfig
from cellsearch.data import grammar, load
from cellsearch.errors import DataError

BEGINNING = "an at a at at an tea [()a ]\n\n\nan \nat net at ten "
DIGEST = "49c9d3ee078ab9425d79a520cd58bc3ec3bdc75ddcda9210d6cde341a6148cd4"
CORPUS_DIGEST = "a083d6014f25118467de0482734696b84b1202e348a3e9a8b67ce89f47789f5d"


@pytest.fixture(scope="module")
def text() -> str:
    return grammar.generate(200_000, "0 test")


@pytest.fixture(scope="module")
def costs(text: str) -> np.ndarray:
    return grammar.surprisal(grammar.encode(text))


def test_the_text_is_the_same_on_every_machine(text: str) -> None:
    assert text.startswith(BEGINNING)
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


def test_a_longer_text_begins_with_the_shorter_one(text: str) -> None:
    assert grammar.generate(1_001, "0 test") == text[:1_001]
    assert grammar.generate(1_001, "1 test") != text[:1_001]
    assert grammar.generate(0, "0 test") == ""


def test_all_weights_are_256ths() -> None:
    for stack in grammar.stacks():
        assert len(grammar._choices(stack)) == grammar.TOTAL


def test_brackets_match_and_no_line_ends_inside(text: str) -> None:
    stack: list[str] = []
    for char in text:
        if char in grammar.BRACKETS:
            stack.append(char)
        elif char in grammar.BRACKETS.values():
            assert grammar.BRACKETS[stack.pop()] == char
        elif char == "\n":
            assert not stack
        assert len(stack) <= grammar.DEPTH


def test_the_stationary_law_is_a_fixed_point_of_the_source() -> None:
    law = grammar.stationary()
    after: Counter[str] = Counter()
    for stack, share in law.items():
        for _, follower in grammar._choices(stack):
            after[follower] += share / grammar.TOTAL
    assert sum(law.values()) == pytest.approx(1, abs=1e-12)
    for stack, share in law.items():
        assert after[stack] == pytest.approx(share, abs=1e-12)


def test_the_entropy_is_that_of_the_machine_that_reads_characters() -> None:
    # Computed another way: the stationary law of (stack, prefix), by iteration, and each node's
    # own entropy over its next character.
    nodes = [grammar._node("", "")]
    index = {("", ""): 0}
    edges: list[tuple[int, int, float]] = []
    for i, node in enumerate(nodes):
        for char, cost in node.surprisal.items():
            after = grammar._after(node, char)
            key = (after.stack, after.prefix)
            if key not in index:
                index[key] = len(nodes)
                nodes.append(after)
            edges.append((i, index[key], math.exp(-cost)))
    moves = np.zeros((len(nodes), len(nodes)))
    for i, j, p in edges:
        moves[i, j] += p
    assert moves.sum(axis=1) == pytest.approx(1)
    # Half of the mass stays, which takes away periods and leaves the law as it is.
    law = np.full(len(nodes), 1 / len(nodes)) @ np.linalg.matrix_power(
        (moves + np.eye(len(nodes))) / 2, 20_000
    )
    rate = -sum(law[i] * p * math.log(p) for i, _, p in edges)
    assert grammar.entropy() == pytest.approx(rate, rel=1e-9)


def test_the_mean_surprisal_meets_the_entropy(costs: np.ndarray) -> None:
    blocks = costs.reshape(100, -1).mean(axis=1)
    error = blocks.std(ddof=1) / 10
    assert error < 0.005
    assert abs(costs.mean() - grammar.entropy()) < 4 * error


def test_the_surprisal_adds_up_to_the_probability_of_the_text() -> None:
    # "a " outside, "(", "ten " inside round brackets, ")", newline.
    p = 52 / 256 * 20 / 256 * 28 / 256 * 40 / 256 * 40 / 256
    costs = grammar.surprisal(grammar.encode("a (ten )\n"))
    assert costs.sum() == pytest.approx(-math.log(p))
    # At the greatest depth what would open closes.
    deep = grammar.surprisal(grammar.encode("([]"))
    assert deep[-1] == pytest.approx(-math.log(80 / 256))


@pytest.mark.parametrize(
    ("text", "position"), [("a )", 2), ("(]", 1), ("(\n", 1), ("((((", 2), ("tt", 1)]
)
def test_what_the_grammar_cannot_give_has_no_surprisal(text: str, position: int) -> None:
    with pytest.raises(ValueError, match=rf"at position {position}$"):
        grammar.surprisal(grammar.encode(text))


def test_memory_pays(text: str) -> None:
    """Five characters of context are 5% worse than the entropy, so short memory cannot meet it."""
    train = grammar.generate(1_000_000, "0 train")
    contexts = Counter(train[i : i + 5] for i in range(len(train) - 5))
    grams = Counter(train[i : i + 6] for i in range(len(train) - 5))
    seen = [text[i : i + 6] for i in range(len(text) - 5)]
    loss = sum(math.log((contexts[g[:5]] + 1) / (grams[g] + 0.1)) for g in seen) / len(seen)
    assert loss > 1.05 * grammar.entropy()


def test_the_corpus_by_name() -> None:
    corpus = load(TaskConfig(corpus="grammar:train=3_000,valid=500,test=600,seed=4"))
    assert [len(part) for part in (corpus.train, corpus.valid, corpus.test)] == [3000, 500, 600]
    assert corpus.vocabulary == grammar.ALPHABET
    assert corpus.entropy == grammar.entropy()
    assert corpus.decode(corpus.valid) == grammar.generate(500, "4 valid")
    assert corpus.decode(corpus.valid[:200]) != corpus.decode(corpus.test[:200])


def test_the_default_corpus_and_its_digest() -> None:
    corpus = load(TaskConfig(corpus="grammar"))
    sizes = [len(part) for part in (corpus.train, corpus.valid, corpus.test)]
    assert sizes == [2_000_000, 200_000, 200_000]
    assert corpus.sha256 == CORPUS_DIGEST


def test_the_entropy_is_known_of_characters_alone() -> None:
    corpus = load(TaskConfig(corpus="grammar:train=3000,valid=900,test=900", level="word"))
    assert corpus.entropy is None


@pytest.mark.parametrize("value", ["many", "-3", "1e6", "٣", "1__0", "_1"])
def test_a_size_must_be_a_whole_number(value: str) -> None:
    with pytest.raises(DataError, match=rf"train={value}, expected a whole number"):
        load(TaskConfig(corpus=f"grammar:train={value}"))


def test_a_size_beyond_all_memory_is_told() -> None:
    with pytest.raises(DataError, match=r"'grammar': no memory for 100,000,000,000,000,000,000 ch"):
        load(TaskConfig(corpus=f"grammar:train={10**20}"))
