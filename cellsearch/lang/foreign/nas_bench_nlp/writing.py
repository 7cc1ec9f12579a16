"""A cell -> a recipe, from what it computes: each node of the graph that is a node of a recipe."""

from __future__ import annotations

from itertools import chain, count

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph, Node
from cellsearch.ir.widths import H, X
from cellsearch.lang.foreign.names import legal
from cellsearch.lang.foreign.nas_bench_nlp.parsing import MOST_INPUTS, MOST_NODES
from cellsearch.lang.foreign.nas_bench_nlp.recipe import (
    ACTIVATIONS,
    BLEND,
    FORMAT,
    INPUT,
    LINEAR,
    OUTPUT,
    PRODUCT,
    SUM,
    Recipe,
    Step,
    is_state,
)
from cellsearch.lang.foreign.nas_bench_nlp.sums import Sums
from cellsearch.lang.foreign.plain import Places, in_text_order, plain_graph

_ACTIVATIONS = {ours: theirs for theirs, ours in ACTIVATIONS.items()}
_LEAVES = ("input", "state")
_SIGNS = {"sub": "-", "neg": "-", "div": "/"}

# A step that is made for a node, and what it reads: nodes, or steps before it by their places.
Made = tuple[str, tuple[Node | int, ...]]


def recipe_of(cell: Cell) -> Recipe:
    """The recipe of a cell.

    Raises:
        LanguageError: no recipe holds the cell; which equation it is.
    """
    return _Writer(plain_graph(cell, FORMAT)).recipe()


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.places, self.sums = Places(graph), Sums(graph)
        self.names: dict[int, str] = {}
        self.taken = {INPUT}
        self.out: Recipe = {}

    def recipe(self) -> Recipe:
        self._check_weights()
        news = self._news()
        made = self._made([n for _, n in news])
        nodes = in_text_order(self.graph, (n for n, _ in made.values()))
        for name, n in reversed(news):
            self.names[id(n)] = name
        self._name(nodes)
        for n in nodes:
            self._write(n, made[id(n)][1])
        for name, n in news:
            self._write_again(name, n)
        self._check_size()
        self._check_needs()
        return self.out

    def _check_weights(self) -> None:
        for n in self.graph.nodes:
            if n.op == "weight" and self.sums.readers[id(n)] > 1:
                raise self._refusal(n, f"the weight '{n.attrs[0]}' stands in two products or sums")

    def _news(self) -> list[tuple[str, Node]]:
        """The nodes h_new_i; the output is the first of them, a state or not."""
        states = sorted(self.graph.states, key=lambda s: s.next is not self.graph.output)
        first = 0 if states[0].next is self.graph.output else 1
        self.states: dict[str, int] = {s.name: i for i, s in enumerate(states, first)}
        news = [(OUTPUT, self.graph.output)] if first else []
        return [*news, *((f"h_new_{i}", s.next) for i, s in enumerate(states, first))]

    def _made(self, roots: list[Node]) -> dict[int, tuple[Node, list[Made]]]:
        """Every node of the graph that becomes one of the recipe, with its steps."""
        made: dict[int, tuple[Node, list[Made]]] = {}
        wanted = set(map(id, roots))
        for n in reversed(self.graph.nodes):
            if id(n) in wanted:
                steps = self._steps(n)
                made[id(n)] = n, steps
                read = [a for _, inputs in steps for a in inputs if isinstance(a, Node)]
                wanted |= {id(a) for a in read if a.op not in _LEAVES}
        return made

    def _steps(self, n: Node) -> list[Made]:
        """The steps whose last one has the value of a node."""
        if n.op not in (*_ACTIVATIONS, "mul", "add"):
            raise self._refusal(n, _reason(n))
        if n.type.sizes != (H,):
            raise self._refusal(n, f"a value in it has the width {n.type}, expected H")
        if n.op == "add":
            return self._sum(n)
        return [(PRODUCT if n.op == "mul" else _ACTIVATIONS[n.op], n.args)]

    def _sum(self, n: Node) -> list[Made]:
        parts = self.sums.parts(n)
        if parts is None:
            why = "expected a bias for its products W @ a, and z * a + (1 - z) * b where 1 - z is"
            raise self._refusal(n, why)
        steps: list[Made] = []
        terms: list[Node | int] = list(parts.others)
        for linear in parts.linears:
            terms.append(_add(steps, LINEAR, linear))
        for blend in parts.blends:
            new, old = (_folded(steps, PRODUCT, f) for f in (blend.new, blend.old))
            terms.append(_add(steps, BLEND, (blend.gate, new, old)))
        _folded(steps, SUM, tuple(terms))
        return steps

    def _name(self, nodes: list[Node]) -> None:
        """Names for what has none yet: its equation's, or that of the equation that it is in."""
        own = {id(n): name for name, n in reversed(self.graph.equations.items())}
        self.taken |= set(self.names.values())
        for n in nodes:
            if id(n) not in self.names:
                name = legal(own[id(n)].rstrip("]")) if id(n) in own else None
                self.names[id(n)] = self._free([name] if name else [], n)

    def _free(self, wanted: list[str], n: Node) -> str:
        """The first name that nothing has; then by the equation in which a node stands."""
        owner = legal(self.places.of(n).rstrip("']"))
        names = chain(wanted, (f"{owner}_{k}" for k in count(1)))
        name = next(name for name in names if name not in self.taken and not is_state(name))
        self.taken.add(name)
        return name

    def _write(self, n: Node, steps: list[Made]) -> None:
        name = self.names[id(n)]
        called = [*(self._free([], n) for _ in steps[1:]), name]
        for own, (op, inputs) in zip(called, steps, strict=True):
            read = [called[a] if isinstance(a, int) else self._called(a) for a in inputs]
            self.out[own] = Step(op, tuple(read))

    def _called(self, n: Node) -> str:
        if n.op == "input":
            return INPUT
        return f"h_prev_{self.states[str(n.attrs[0])]}" if n.op == "state" else self.names[id(n)]

    def _write_again(self, name: str, n: Node) -> None:
        """Two states, or a state and the output, may become the same value."""
        if name in self.out:
            return
        step = self.out[self.names[id(n)]]
        if step.op == LINEAR:
            raise self._refusal(n, f"{self.names[id(n)]} and {name} would be one linear node")
        self.out[name] = step

    def _check_size(self) -> None:
        most = max(len(step.inputs) for step in self.out.values())
        if most > MOST_INPUTS or len(self.out) > MOST_NODES:
            message = f"expected at most {MOST_NODES} nodes of at most {MOST_INPUTS} inputs"
            raise LanguageError(f"{FORMAT} cannot hold '{self.graph.name}': {message}")

    def _check_needs(self) -> None:
        """X = H is said by what reads x: with all but linear nodes it is so."""
        plain = any(INPUT in s.inputs for s in self.out.values() if s.op != LINEAR)
        pairs = [{a, b} for a, b in self.graph.needs]
        if pairs != ([{X, H}] if plain else []):
            message = "a 'needs' line, as x is read by products alone"
            raise LanguageError(f"{FORMAT} cannot hold what '{self.graph.name}' needs: {message}")

    def _refusal(self, n: Node, why: str) -> LanguageError:
        return self.places.refusal(n, FORMAT, why)


def _add(steps: list[Made], op: str, inputs: tuple[Node | int, ...]) -> int:
    steps.append((op, inputs))
    return len(steps) - 1


def _folded(steps: list[Made], op: str, terms: tuple[Node | int, ...]) -> Node | int:
    """One step after another: the code of NAS-Bench-NLP fails where a sum has three inputs."""
    first, *rest = terms
    for term in rest:
        first = _add(steps, op, (first, term))
    return first


def _reason(n: Node) -> str:
    match n.op:
        case "matmul":
            return "a product stands in a sum with a bias, W @ a + b, and W is a plain matrix"
        case "input" | "state":
            return "a recipe has no copy of a state or of the input"
        case "weight":
            return f"'{n.attrs[0]}' is neither a matrix left of @ nor a bias beside one"
        case "number" | "expand":
            return "a recipe has no numbers"
    known = ", ".join(ACTIVATIONS.values())
    return f"'{_SIGNS.get(n.op, n.op)}' is no op of a recipe; expected linear, blend, +, *, {known}"
