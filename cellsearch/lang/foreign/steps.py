"""A cell's graph -> its highway steps, for the formats that hold nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph, Node
from cellsearch.ir.build import value
from cellsearch.ir.widths import H
from cellsearch.lang.foreign.highway import FUNCTIONS, Highway
from cellsearch.lang.foreign.plain import Places, in_text_order, plain_graph

_STEP = "s + sigmoid(U @ s) * (f(V @ s) - s) with an earlier s, or the mean of such steps"


def highway(cell: Cell, format: str) -> Highway:
    """The steps of a cell, in the order of its text.

    Raises:
        LanguageError: the cell is no tree of highway steps; which equation is none.
    """
    found = _Reader(plain_graph(cell, format), format).read()
    found.check()
    return found


class _Reader:
    def __init__(self, graph: Graph, format: str) -> None:
        self.graph, self.format = graph, format
        self.places = Places(graph)

    def read(self) -> Highway:
        graph = self.graph
        self._check_states()
        outputs = list(self._outputs())
        found = self._steps(outputs)
        order = in_text_order(graph, (n for n, _, _ in found.values()))
        number = {id(n): i for i, n in enumerate(order)}
        steps = [found[id(n)] for n in order]
        self._check_steps(steps)
        return Highway(
            first=steps[0][1],
            steps=tuple((f, number[id(before)]) for _, f, before in steps[1:]),
            outputs=tuple(sorted(number[id(n)] for n in outputs)),
        )

    def _check_states(self) -> None:
        (state, *more) = self.graph.states
        if more or state.next is not self.graph.output:
            name = more[0].name if more else state.name
            why = f"'{name}' is carried beside the output's state"
            raise self._refusal(self.graph.output, why)
        for a, b in self.graph.needs:
            message = f"{self.format} cannot hold what '{self.graph.name}' needs: {a} = {b}"
            raise LanguageError(message)

    def _outputs(self) -> Iterator[Node]:
        """The steps of which the output is the mean."""
        top = self.graph.output
        count = value(top.args[1]) if top.op == "div" else None
        terms = list(self._terms(top if count is None else top.args[0]))
        if len(terms) != (count or 1) and all(map(self._step, terms)):
            raise self._refusal(top, f"it is no mean of its {len(terms)} steps")
        yield from terms

    def _terms(self, top: Node) -> Iterator[Node]:
        todo = [top]
        while todo:
            n = todo.pop()
            if n.op == "add" and self._step(n) is None:
                todo += n.args[::-1]
            else:
                yield n

    def _steps(self, outputs: list[Node]) -> dict[int, tuple[Node, str, Node]]:
        """Every step below the outputs, with its function and what it reads."""
        found: dict[int, tuple[Node, str, Node]] = {}
        todo = list(outputs)
        while todo:
            n = todo.pop()
            if id(n) in found:
                continue
            step = self._step(n)
            if step is None:
                raise self._refusal(n, f"expected {_STEP}")
            found[id(n)] = (n, *step)
            if step[1].op != "state":
                todo.append(step[1])
        return found

    def _step(self, n: Node) -> tuple[str, Node] | None:
        """The function of a step and the node that it reads."""
        if n.op != "add":
            return None
        for s, change in (n.args, n.args[::-1]):
            if change.op != "mul":
                continue
            for gate, way in (change.args, change.args[::-1]):
                if gate.op == "sigmoid" and way.op == "sub" and way.args[1] is s:
                    function, u = _function(way.args[0])
                    if self._product(gate.args[0], s) and self._product(u, s):
                        return function, s
        return None

    def _product(self, n: Node, s: Node) -> bool:
        """Whether a node is what the formats make of [x, h], or of an earlier s."""
        wanted = [s.op]
        terms = [n]
        if s.op == "state":
            wanted, terms = ["input", "state"], list(n.args) if n.op == "add" else []
        if not all(t.op == "matmul" and t.args[0].op == "weight" for t in terms):
            return False
        read = [t.args[1] for t in terms]
        is_read = s in read and sorted(r.op for r in read) == wanted
        return is_read and n.type.sizes == (H,)

    def _check_steps(self, steps: list[tuple[Node, str, Node]]) -> None:
        """One step reads the state, and none has another's weights."""
        for n, _, before in steps[1:]:
            if before.op == "state":
                raise self._refusal(n, "a second step reads the state, expected an earlier step")
        if len(self.graph.weights) != 2 * len(steps) + 2:
            why = f"its {len(steps)} steps share weights, expected two of each step's own"
            raise self._refusal(self.graph.output, why)

    def _refusal(self, n: Node, why: str) -> LanguageError:
        return self.places.refusal(n, self.format, why)


def _function(n: Node) -> tuple[str, Node]:
    return (n.op, n.args[0]) if n.op in FUNCTIONS else ("identity", n)
