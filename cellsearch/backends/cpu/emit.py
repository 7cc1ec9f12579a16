"""A plan as C."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from cellsearch.derive.accumulate import is_number, leaf_of
from cellsearch.derive.levels import REDUCTIONS, levels, reads_alike
from cellsearch.derive.schedule import Call, Kernel, Outer, Phase, Place, Plan
from cellsearch.ir import Node
from cellsearch.ir.ops import OPS
from cellsearch.ir.widths import Size

Lines = Iterator[str]

_PRIMITIVES = frozenset(
    "exp log log1p expm1 sqrt abs sin cos tanh erf min max sigmoid select".split()
)
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


class Emitter:
    """The text of one program.

    Attributes:
        widths: the sizes that the text reads as `n[0]`, `n[1]`, …
        places: the places that it reads as `p[0]`, `p[1]`, …
        sums: for each total the leaf, and its number among the places, after all of `places`.
        matrices: the packed ones, each with what it is for.
        own: for each kernel what it keeps for itself while it is in a row.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = plan.program
        self.widths: list[Size] = []
        self.places: list[Place] = []
        self.totals = [t for ph in plan.phases for s in ph.stages for t in s.kernel.totals]
        self.matrices: list[Call | Outer] = []
        self.number = {id(n): i for i, n in enumerate(self.program.order())}
        self.lines: list[str] = []
        self.own: list[list[tuple[Size, ...]]] = []

    # Names of what the job brings.

    def width(self, size: Size) -> str:
        """`n[i]` for a size."""
        if size not in self.widths:
            self.widths.append(size)
        return f"n[{self.widths.index(size)}]"

    def units(self, sizes: tuple[Size, ...]) -> str:
        """How many numbers a value of this shape has."""
        return " * ".join(map(self.width, sizes)) or "1"

    def place(self, n: Node) -> int:
        """The number of the place where a node stands."""
        place = self.plan.places[id(n)]
        if place not in self.places:
            self.places.append(place)
        return self.places.index(place)

    def text(self) -> str:
        """The whole file; its one function is `run`."""
        body = list(self._phases())
        outers = list(self._outers())
        functions = self.lines
        head = ['#include "products.h"', ""]
        names = ["", "void run(const Job *j)", "{"]
        main = [
            "#pragma omp parallel num_threads(j->threads) if (j->threads > 1)",
            "{",
            "    long me = omp_get_thread_num(), of = omp_get_num_threads();",
            "    real *room = j->scratch + me * j->scratch_size;",
            "    (void)room;",
            *(f"    {line}" for line in (*self._packs(), *body, *outers)),
            "}",
        ]
        omp = [
            "#ifdef _OPENMP",
            "#include <omp.h>",
            "#else",
            "static long omp_get_thread_num(void) { return 0; }",
            "static long omp_get_num_threads(void) { return 1; }",
            "#endif",
            "",
        ]
        return "\n".join([*head, *omp, *functions, *names, *main, "}", ""])

    # Products.

    def _packs(self) -> Lines:
        for i, m in enumerate(self.matrices):
            if isinstance(m, Call):
                yield from self._pack(i, m)
        if self.matrices:
            yield "#pragma omp barrier"

    def _sum_of(self, nodes: tuple[Node, ...]) -> str:
        return " + ".join(self.units(n.type.sizes) for n in nodes)

    def _pack(self, i: int, c: Call) -> Lines:
        n = self._names()
        K, N = self._sum_of(c.operands), self._sum_of(c.results)
        for b in c.blocks:
            leaf, flipped = leaf_of(b.matrix), _is_transposed(b.matrix)
            heads = c.heads
            rows, columns = leaf.type.sizes
            # Stored [rows, columns]; its product with a vector sums over columns.
            r, k = self.width(rows), self.width(columns)
            p = self.place(leaf)
            if heads > 1:
                r, k = f"{r} / {heads}", f"{k} / {heads}"
            kk, nn, ks, ns = (r, k, k, "1") if flipped else (k, r, "1", k)
            k0 = self._sum_of(c.operands[: b.operand]) or "0"
            n0 = self._sum_of(c.results[: b.result]) or "0"
            sign = "R(1)" if b.sign > 0 else "R(-1)"
            if heads > 1:
                yield f"for (long g = 0; g < {heads}; g++)"
                yield (
                    f"    j->pack(j->packed[{i}] + g * j->packed_heads[{i}], {n(kk)}, {n(nn)}, 0, 0, "
                    f"{n(kk)}, {n(nn)}, j->p[{p}] + g * {n(f'({r}) * ({k})')}, {n(ks)}, {n(ns)}, "
                    f"{sign}, me, of);"
                )
            else:
                yield (
                    f"j->pack(j->packed[{i}], {n(K)}, {n(N)}, {n(k0)}, {n(n0)}, {n(kk)}, {n(nn)}, "
                    f"j->p[{p}], {n(ks)}, {n(ns)}, {sign}, me, of);"
                )

    def _names(self) -> Callable[[str], str]:
        return lambda text: re.sub(r"\bn\[", "j->n[", text)

    def _call(self, c: Call, rows: str, count: str, step: str) -> Lines:
        """`rows`: the first row among all; `step`: the first row within the step."""
        n = self._names()
        i = len(self.matrices)
        self.matrices.append(c)
        a, r = self.place(c.operands[0]), self.place(c.results[0])
        K, N = self._sum_of(c.operands), self._sum_of(c.results)
        at_a, at_r = (self._row(x, rows, step) for x in (c.operands[0], c.results[0]))
        adds = int(c.adds)
        heads = c.heads
        if heads == 1:
            yield (
                f"j->product({count}, {n(N)}, {n(K)}, j->p[{a}] + {at_a}, j->ld[{a}], 1, "
                f"j->packed[{i}], j->p[{r}] + {at_r}, j->ld[{r}], {adds}, room);"
            )
            return
        yield f"for (long g = 0; g < {heads}; g++)"
        k, w = f"({n(K)}) / {heads}", f"({n(N)}) / {heads}"
        yield (
            f"    j->product({count}, {w}, {k}, j->p[{a}] + {at_a} + g * ({k}), j->ld[{a}], 1, "
            f"j->packed[{i}] + g * j->packed_heads[{i}], j->p[{r}] + {at_r} + g * ({w}), "
            f"j->ld[{r}], {adds}, room);"
        )

    def _row(self, x: Node, rows: str, step: str) -> str:
        place = self.plan.places[id(x)]
        return f"({step if place.is_step else rows}) * j->ld[{self.place(x)}]"

    # Phases.

    def _phases(self) -> Lines:
        for i, phase in enumerate(self.plan.phases):
            yield f"phase_{i}(j, me, of, room);"
            yield "#pragma omp barrier"
            emit = self._loop if phase.is_loop else self._rows
            text = [
                f"static void phase_{i}(const Job *j, long me, long of, real *room)",
                "{",
                *emit(i, phase),
                "}",
                "",
            ]
            self.lines += text

    def _kernels(self, i: int, phase: Phase) -> list[str]:
        names = []
        for s, stage in enumerate(phase.stages):
            name = f"kernel_{i}_{s}" if stage.kernel.nodes else ""
            if name:
                self.lines += _KernelEmitter(self, stage.kernel).text(name)
            names.append(name)
        return names

    def _loop(self, i: int, phase: Phase) -> Lines:
        """Each thread takes its own sequences through all steps: none waits for another."""
        kernels = self._kernels(i, phase)
        yield "    long b0 = j->B * me / of, b1 = j->B * (me + 1) / of;"
        if self.program.backwards:
            yield "    for (long t = j->T - 1; t >= 0; t--) {"
        else:
            yield "    for (long t = 0; t < j->T; t++) {"
        yield "        long count = (j->counts[t] < b1 ? j->counts[t] : b1) - b0;"
        skip = "continue" if self.program.backwards else "break"
        yield f"        if (count <= 0) {skip};"
        yield "        long r = t * j->B + b0;"
        for stage, name in zip(phase.stages, kernels, strict=True):
            for c in stage.calls:
                yield from (f"        {line}" for line in self._call(c, "r", "count", "b0"))
            if name:
                yield f"        {name}(j, me, r, b0, count, room + ROOM);"
        yield "    }"

    def _rows(self, i: int, phase: Phase) -> Lines:
        """Each thread takes its share of all rows, in spans that stay in its cache."""
        kernels = self._kernels(i, phase)
        yield "    long N = j->T * j->B, end = N * (me + 1) / of, count;"
        yield "    for (long r = N * me / of; (r = span(j, r, end, &count)) < end; r += count) {"
        for stage, name in zip(phase.stages, kernels, strict=True):
            for c in stage.calls:
                yield from (f"        {line}" for line in self._call(c, "r", "count", "0"))
            if name:
                yield f"        {name}(j, me, r, 0, count, room + ROOM);"
        yield "    }"

    def _outers(self) -> Lines:
        n = self._names()
        carried = {
            self.place(a): a
            for o in self.plan.outers
            for a in o.left
            if self.plan.places[id(a)].buffer.kind == "slots"
        }
        for k, a in carried.items():
            width = n(self.units(a.type.sizes))
            yield f"if (j->ragged) clear_ended(j, j->p[{k}], j->ld[{k}], {width}, me, of);"
        if carried:
            yield "#pragma omp barrier"
        for o in self.plan.outers:
            i = len(self.matrices)
            self.matrices.append(o)
            a, b = self.place(o.left[0]), self.place(o.right)
            M, N = self._sum_of(o.left), self._sum_of((o.right,))
            heads = int(o.form[1]) if o.form else 0
            if heads:
                yield from self._outer_heads(i, a, b, n(M), n(N), heads)
                continue
            yield (
                f"j->pack(j->packed[{i}], j->T * j->B, {n(N)}, 0, 0, j->T * j->B, {n(N)}, "
                f"j->p[{b}], j->ld[{b}], 1, R(1), me, of);"
            )
            yield "#pragma omp barrier"
            yield "{"
            yield f"    long M = {n(M)}, first = M * me / of, rows = M * (me + 1) / of - first;"
            yield (
                f"    j->product(rows, {n(N)}, j->T * j->B, j->p[{a}] + first, 1, j->ld[{a}], "
                f"j->packed[{i}], j->gradients[{self._gradient(o)}] + first * ({n(N)}), {n(N)}, "
                f"{int(self._adds(o))}, room);"
            )
            yield "}"
            yield "#pragma omp barrier"

    def _outer_heads(self, i: int, a: int, b: int, M: str, N: str, heads: int) -> Lines:
        o = self.plan.outers[len([m for m in self.matrices[:i] if isinstance(m, Outer)])]
        m, w = f"(({M}) / {heads})", f"(({N}) / {heads})"
        yield f"for (long g = 0; g < {heads}; g++) {{"
        yield (
            f"    j->pack(j->packed[{i}], j->T * j->B, {w}, 0, 0, j->T * j->B, {w}, "
            f"j->p[{b}] + g * {w}, j->ld[{b}], 1, R(1), me, of);"
        )
        yield "#pragma omp barrier"
        yield f"    long first = {m} * me / of, rows = {m} * (me + 1) / of - first;"
        yield (
            f"    j->product(rows, {w}, j->T * j->B, j->p[{a}] + g * {m} + first, 1, j->ld[{a}], "
            f"j->packed[{i}], j->gradients[{self._gradient(o)}] + (g * {m} + first) * {w}, {w}, "
            f"{int(self._adds(o))}, room);"
        )
        yield "#pragma omp barrier"
        yield "}"

    def _gradient(self, o: Outer) -> int:
        """The number of the gradient that it adds to: one for each run of leaves."""
        return list(self.gradients()).index(o.leaves)

    def gradients(self) -> dict[tuple[Node, ...], int]:
        """The runs of leaves whose gradients are made together, and how many heads they have."""
        return {o.leaves: int(o.form[1]) if o.form else 1 for o in self.plan.outers}

    def _adds(self, o: Outer) -> bool:
        at = next(i for i, other in enumerate(self.plan.outers) if other is o)
        return o.leaves in [other.leaves for other in self.plan.outers[:at]]


def _is_transposed(m: Node) -> bool:
    return m.op == "transpose"


class _Code:
    """A piece of C with arithmetic, so that bodies of functions read as formulas."""

    def __init__(self, text: str) -> None:
        self.text = text

    @staticmethod
    def of(a: Any) -> str:
        return a.text if isinstance(a, _Code) else number(float(a))

    def _with(self, op: str, a: Any, b: Any) -> _Code:
        return _Code(f"({_Code.of(a)} {op} {_Code.of(b)})")

    def __add__(self, o: Any) -> _Code:
        return self._with("+", self, o)

    def __radd__(self, o: Any) -> _Code:
        return self._with("+", o, self)

    def __sub__(self, o: Any) -> _Code:
        return self._with("-", self, o)

    def __rsub__(self, o: Any) -> _Code:
        return self._with("-", o, self)

    def __mul__(self, o: Any) -> _Code:
        return self._with("*", self, o)

    def __rmul__(self, o: Any) -> _Code:
        return self._with("*", o, self)

    def __truediv__(self, o: Any) -> _Code:
        return self._with("/", self, o)

    def __rtruediv__(self, o: Any) -> _Code:
        return self._with("/", o, self)

    def __neg__(self) -> _Code:
        return _Code(f"(-{self.text})")


class _CodePrimitives:
    """The primitives of bodies, as calls of functions.h."""

    def __getattr__(self, op: str) -> Callable[..., _Code]:
        return lambda *args: _Code(f"r_{op}({', '.join(map(_Code.of, args))})")


def number(value: float) -> str:
    """A literal; exact, as its digits say."""
    if value != value:
        return "R(NAN)"
    if abs(value) == float("inf"):
        return "R(-INFINITY)" if value < 0 else "R(INFINITY)"
    return f"R({value!r})"


class _KernelEmitter:
    """One kernel as a function of the rows that it goes through."""

    def __init__(self, emitter: Emitter, kernel: Kernel) -> None:
        self.e, self.kernel = emitter, kernel
        self.level = levels(list(kernel.nodes))
        self.inside = {id(n) for n in kernel.nodes}
        self.stores = {id(n) for n in kernel.stores}
        self.extra: dict[int, int] = {}
        self.used: dict[int, Node] = {}
        self.reads_late = self._late()
        self.totals: dict[int, list[int]] = {}
        for t in kernel.totals:
            at = next(i for i, other in enumerate(emitter.totals) if other is t)
            self.totals.setdefault(id(t.node), []).append(at)

    def _late(self) -> dict[int, Node]:
        """What is read in another loop than the one that computes it, and so needs a place."""
        out = {id(n): n for n in self.kernel.nodes if n.op == "matmul"}
        for n in self.kernel.nodes:
            for a in n.args:
                if id(a) not in self.inside or not a.type.sizes:
                    continue
                alike = reads_alike(n, a)
                if not alike or self.level[id(n)] != self.level[id(a)]:
                    out[id(a)] = a
        return {i: a for i, a in out.items() if i not in self.stores}

    def text(self, name: str) -> list[str]:
        body = list(self._levels())
        e = self.e
        out = [
            f"static void {name}(const Job *j, long me, long r, long b0, long count, real *own)",
            "{",
            "    const long *n = j->n, *ld = j->ld;",
            "    real *const *p = j->p;",
            "    (void)n; (void)ld; (void)p; (void)me; (void)r; (void)b0; (void)own;",
        ]
        e.own.append([a.type.sizes for a in self.reads_late.values()])
        for i, a in self.reads_late.items():
            out += [f"    real *l{e.number[i]} = own;", f"    own += {e.units(a.type.sizes)};"]
        for at in sorted(k for ks in self.totals.values() for k in ks):
            out.append(f"    real *t{at} = j->sums[{at}] + me * j->sums_size;")
        fixed = [n for n in self.used.values() if n.op == "fixed"]
        rows = [n for n in self.used.values() if n.op != "fixed"]
        for n in fixed:
            k = e.place(n)
            out.append(f"    const real *p{k} = p[{k}];")
        out.append("    for (long b = 0; b < count; b++) {")
        for k in dict.fromkeys(e.place(n) for n in rows):
            row = "b0" if e.places[k].is_step else "r"
            out.append(f"        real *p{k} = p[{k}] + ({row} + b) * ld[{k}];")
        out += [f"        {line}" for line in body]
        return [*out, "    }", "}", ""]

    def _levels(self) -> Lines:
        if not self.kernel.nodes:
            return
        for level in range(max(self.level.values()) + 1):
            here = [n for n in self.kernel.nodes if self.level[id(n)] == level]
            for n in here:
                if n.op == "matmul":
                    yield from self._matmul(n)
            loops: dict[tuple[Size, ...], list[Node]] = {}
            for n in here:
                if n.op == "matmul":
                    continue
                sizes = n.args[0].type.sizes if n.op in REDUCTIONS else n.type.sizes
                if not sizes:
                    yield from self._scalar(n)
                else:
                    loops.setdefault(sizes, []).append(n)
            for sizes, nodes in loops.items():
                yield from self._loop(sizes, nodes, level)

    def _local(self, n: Node) -> str:
        return f"v{self.e.number[id(n)]}"

    def _pointer(self, n: Node) -> str:
        """Where a value stands as a whole."""
        if id(n) in self.reads_late:
            return f"l{self.e.number[id(n)]}"
        self.used[id(n)] = n
        return f"p{self.e.place(n)}"

    def _scalar(self, n: Node) -> Lines:
        name = self.e.program.names.get(id(n), n.op)
        yield f"const real {self._local(n)} = {self._value(n, None)};  /* {name} */"
        if id(n) in self.stores:
            yield f"{self._pointer(n)}[0] = {self._local(n)};"
        for at in self.totals.get(id(n), []):
            yield f"t{at}[0] += {self._local(n)};"

    def _loop(self, sizes: tuple[Size, ...], nodes: list[Node], level: int) -> Lines:
        sums = [n for n in nodes if n.op in REDUCTIONS]
        for n in sums:
            yield f"real {self._local(n)} = 0;  /* {n.op} */"
        clause = "".join(f" reduction(+:{self._local(n)})" for n in sums)
        indent = ""
        if len(sizes) == 2:
            yield f"for (long i = 0; i < {self.e.width(sizes[0])}; i++) {{"
            indent = "    "
        yield f"{indent}#pragma omp simd{clause}"
        yield f"{indent}for (long k = 0; k < {self.e.width(sizes[-1])}; k++) {{"
        inner = indent + "    "
        ends: list[str] = []
        for n in nodes:
            if n.op in REDUCTIONS:
                yield f"{inner}{self._local(n)} += {self._read(n.args[0], n, sizes)};"
                continue
            name = self.e.program.names.get(id(n), n.op)
            yield f"{inner}const real {self._local(n)} = {self._value(n, sizes)};  /* {name} */"
            at = self._index(sizes)
            if id(n) in self.stores or id(n) in self.reads_late:
                ends.append(f"{inner}{self._pointer(n)}[{at}] = {self._local(n)};")
            ends += [f"{inner}t{k}[{at}] += {self._local(n)};" for k in self.totals.get(id(n), [])]
        # Where a value takes the place of another, that one has been read.
        yield from ends
        yield f"{indent}}}"
        if len(sizes) == 2:
            yield "}"
        for n in sums:
            if n.op == "mean":
                yield f"{self._local(n)} /= (real)({self.e.units(sizes)});"
            if id(n) in self.stores:
                yield f"{self._pointer(n)}[0] = {self._local(n)};"
            yield from (f"t{k}[0] += {self._local(n)};" for k in self.totals.get(id(n), []))

    def _index(self, sizes: tuple[Size, ...]) -> str:
        return "k" if len(sizes) == 1 else f"i * {self.e.width(sizes[1])} + k"

    def _read(self, a: Node, n: Node, sizes: tuple[Size, ...] | None) -> str:
        """An argument at the unit that is being computed."""
        if is_number(a):
            return number(float((a.args[0] if a.args else a).attrs[0]))
        if not a.type.sizes:
            return self._local(a) if id(a) in self.inside else f"{self._pointer(a)}[0]"
        local = id(a) in self.inside and self.level[id(a)] == self.level[id(n)]
        if local and a.op != "matmul":
            return self._local(a)
        assert sizes is not None
        return f"{self._pointer(a)}[{self._index(sizes)}]"

    def _value(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        if n.op in _SPECIAL:
            return _SPECIAL[n.op](self, n, sizes)
        args = [self._read(a, n, sizes) for a in n.args]
        if n.op in _ARITHMETIC:
            return f"{args[0]} {_ARITHMETIC[n.op]} {args[1]}"
        if n.op == "neg":
            return f"-{args[0]}"
        if n.op in ("expand", "copy"):
            return args[0]
        if n.op in _PRIMITIVES:
            return f"r_{n.op}({', '.join(args)})"
        return _Code.of(OPS[n.op].body(_CodePrimitives(), *map(_Code, args)))

    def _matmul(self, n: Node) -> Lines:
        """A matrix that differs from row to row, by a vector or by another matrix."""
        a, v = n.args
        rows, inner = (self.e.width(s) for s in a.type.sizes)
        out = self._pointer(n)
        flipped = a.op == "transpose" and id(a) not in self.inside | set(self.e.plan.places)
        m = self._pointer(a)
        assert not flipped
        if v.type.kind == "vector":
            right = self._whole(v)
            yield f"for (long i = 0; i < {rows}; i++) {{"
            yield "    real sum = 0;"
            yield "    #pragma omp simd reduction(+:sum)"
            yield f"    for (long k = 0; k < {inner}; k++)"
            yield f"        sum += {m}[i * {inner} + k] * {right('k')};"
            yield f"    {out}[i] = sum;"
            yield "}"
        else:
            columns = self.e.width(v.type.sizes[1])
            right = self._whole(v)
            yield f"for (long i = 0; i < {rows}; i++) {{"
            yield f"    for (long k = 0; k < {columns}; k++) {out}[i * {columns} + k] = 0;"
            yield f"    for (long s = 0; s < {inner}; s++)"
            yield "        #pragma omp simd"
            yield f"        for (long k = 0; k < {columns}; k++)"
            yield (
                f"            {out}[i * {columns} + k] += {m}[i * {inner} + s] * "
                f"{right(f's * {columns} + k')};"
            )
            yield "}"
        for at in self.totals.get(id(n), []):
            yield f"for (long k = 0; k < {self.e.units(n.type.sizes)}; k++) t{at}[k] += {out}[k];"

    def _whole(self, v: Node) -> Callable[[str], str]:
        if is_number(v):
            return lambda at: number(float((v.args[0] if v.args else v).attrs[0]))
        p = self._pointer(v)
        return lambda at: f"{p}[{at}]"

    def _transpose(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        (a,) = n.args
        return f"{self._pointer(a)}[k * {self.e.width(a.type.sizes[1])} + i]"

    def _outer(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        u, v = (self._whole(a) for a in n.args)
        return f"{u('i')} * {v('k')}"

    def _scale_rows(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        v, m = n.args
        return f"{self._whole(v)('i')} * {self._read(m, n, sizes)}"

    def _scale_columns(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        m, v = n.args
        return f"{self._read(m, n, sizes)} * {self._whole(v)('k')}"

    def _diag(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        return f"(i == k ? {self._whole(n.args[0])('k')} : 0)"

    def _diagonal(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        (m,) = n.args
        return f"{self._pointer(m)}[k * {self.e.width(m.type.sizes[1])} + k]"

    def _squeeze(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        return f"{self._pointer(n.args[0])}[0]"

    def _spread(self, n: Node, sizes: tuple[Size, ...] | None) -> str:
        return f"{self._read(n.args[0], n, sizes)} / (real)({self.e.units(n.type.sizes)})"


_SPECIAL: dict[str, Callable[[_KernelEmitter, Node, tuple[Size, ...] | None], str]] = {
    "transpose": _KernelEmitter._transpose,
    "outer": _KernelEmitter._outer,
    "scale_rows": _KernelEmitter._scale_rows,
    "scale_columns": _KernelEmitter._scale_columns,
    "diag": _KernelEmitter._diag,
    "diagonal": _KernelEmitter._diagonal,
    "squeeze": _KernelEmitter._squeeze,
    "spread": _KernelEmitter._spread,
}
