"""A kernel as a C function of the rows that it goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cellsearch.backends.cpu.formulas import formula, literal
from cellsearch.backends.cpu.job import Job
from cellsearch.derive.program import is_number
from cellsearch.derive.schedule import Kernel
from cellsearch.derive.schedule.levels import REDUCTIONS, levels, reads_alike
from cellsearch.ir import Node
from cellsearch.ir.widths import Size

Lines = Iterator[str]
Sizes = tuple[Size, ...]


def can_share(kernel: Kernel) -> bool:
    """Whether each unit of all that it computes reads the same unit alone."""
    return all(
        n.type.kind == "vector"
        and n.op not in REDUCTIONS
        and all(reads_alike(n, a) and (not a.type.sizes or a.type == n.type) for a in n.args)
        for n in kernel.nodes
    )


class KernelText:
    """One kernel; `shared`: it does a share of the units, as its last two arguments say."""

    def __init__(self, job: Job, kernel: Kernel, *, shared: bool) -> None:
        self.job, self.kernel, self.shared = job, kernel, shared
        self.level = levels(list(kernel.nodes))
        self.inside = {id(n) for n in kernel.nodes}
        self.stores = {id(n) for n in kernel.stores}
        self.extra: dict[int, int] = {}
        self.used: dict[int, Node] = {}
        self.reads_late = self._late()
        self.totals: dict[int, list[int]] = {}
        for t in kernel.totals:
            at = next(i for i, other in enumerate(job.totals) if other is t)
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
        e = self.job
        out = [
            f"static void {name}(const Job *j, long me, long r, long b0, long count, real *own"
            + (", long part, long parts)" if self.shared else ")"),
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
        by_level: dict[int, list[Node]] = {}
        for n in self.kernel.nodes:
            by_level.setdefault(self.level[id(n)], []).append(n)
        for level, here in sorted(by_level.items()):
            for n in here:
                if n.op == "matmul":
                    yield from self._matmul(n)
            loops: dict[Sizes, list[Node]] = {}
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
        return f"v{self.job.number[id(n)]}"

    def _pointer(self, n: Node) -> str:
        """Where a value stands as a whole."""
        if id(n) in self.reads_late:
            return f"l{self.job.number[id(n)]}"
        self.used[id(n)] = n
        return f"p{self.job.place(n)}"

    def _scalar(self, n: Node) -> Lines:
        name = self.job.program.names.get(id(n), n.op)
        yield f"const real {self._local(n)} = {self._value(n, None)};  /* {name} */"
        if id(n) in self.stores:
            yield f"{self._pointer(n)}[0] = {self._local(n)};"
        for at in self.totals.get(id(n), []):
            yield f"t{at}[0] += {self._local(n)};"

    def _loop(self, sizes: Sizes, nodes: list[Node], level: int) -> Lines:
        sums = [n for n in nodes if n.op in REDUCTIONS]
        for n in sums:
            yield f"real {self._local(n)} = 0;  /* {n.op} */"
        clause = "".join(f" reduction(+:{self._local(n)})" for n in sums)
        indent = ""
        if len(sizes) == 2:
            yield f"for (long i = 0; i < {self.job.width(sizes[0])}; i++) {{"
            indent = "    "
        yield f"{indent}#pragma omp simd{clause}"
        yield f"{indent}for ({self._range(self.job.width(sizes[-1]))}; k++) {{"
        inner = indent + "    "
        at = self._index(sizes)
        ends: list[str] = []
        for n in nodes:
            if n.op in REDUCTIONS:
                yield f"{inner}{self._local(n)} += {self._read(n.args[0], n, sizes)};"
                continue
            name = self.job.program.names.get(id(n), n.op)
            yield f"{inner}const real {self._local(n)} = {self._value(n, sizes)};  /* {name} */"
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
                yield f"{self._local(n)} /= (real)({self.job.units(sizes)});"
            if id(n) in self.stores:
                yield f"{self._pointer(n)}[0] = {self._local(n)};"
            yield from (f"t{k}[0] += {self._local(n)};" for k in self.totals.get(id(n), []))

    def _range(self, width: str) -> str:
        if not self.shared:
            return f"long k = 0; k < {width}"
        return f"long k = share({width}, part, parts); k < share({width}, part + 1, parts)"

    def _index(self, sizes: Sizes) -> str:
        return "k" if len(sizes) == 1 else f"i * {self.job.width(sizes[1])} + k"

    def _read(self, a: Node, n: Node, sizes: Sizes | None) -> str:
        """An argument at the unit that is being computed."""
        if is_number(a):
            return literal(float((a.args[0] if a.args else a).attrs[0]))
        if not a.type.sizes:
            return self._local(a) if id(a) in self.inside else f"{self._pointer(a)}[0]"
        local = id(a) in self.inside and self.level[id(a)] == self.level[id(n)]
        if local and a.op != "matmul":
            return self._local(a)
        assert sizes is not None
        return f"{self._pointer(a)}[{self._index(sizes)}]"

    def _value(self, n: Node, sizes: Sizes | None) -> str:
        if n.op in _SPECIAL:
            return _SPECIAL[n.op](self, n, sizes)
        return formula(n.op, [self._read(a, n, sizes) for a in n.args])

    def _matmul(self, n: Node) -> Lines:
        """A matrix that differs from row to row, by a vector or by another matrix."""
        a, v = n.args
        rows, inner = (self.job.width(s) for s in a.type.sizes)
        out, left, right = self._pointer(n), self._pointer(a), self._whole(v)
        yield f"for (long i = 0; i < {rows}; i++) {{"
        if v.type.kind == "vector":
            yield "    real sum = 0;"
            yield "    #pragma omp simd reduction(+:sum)"
            yield f"    for (long k = 0; k < {inner}; k++)"
            yield f"        sum += {left}[i * {inner} + k] * {right('k')};"
            yield f"    {out}[i] = sum;"
        else:
            columns = self.job.width(v.type.sizes[1])
            entry, term = f"{out}[i * {columns} + k]", right(f"s * {columns} + k")
            yield f"    for (long k = 0; k < {columns}; k++) {entry} = 0;"
            yield f"    for (long s = 0; s < {inner}; s++)"
            yield "        #pragma omp simd"
            yield f"        for (long k = 0; k < {columns}; k++)"
            yield f"            {entry} += {left}[i * {inner} + s] * {term};"
        yield "}"
        units = self.job.units(n.type.sizes)
        for at in self.totals.get(id(n), []):
            yield f"for (long k = 0; k < {units}; k++) t{at}[k] += {out}[k];"

    def _whole(self, v: Node) -> Callable[[str], str]:
        if is_number(v):
            return lambda at: literal(float((v.args[0] if v.args else v).attrs[0]))
        p = self._pointer(v)
        return lambda at: f"{p}[{at}]"

    def _transpose(self, n: Node, sizes: Sizes | None) -> str:
        (a,) = n.args
        return f"{self._pointer(a)}[k * {self.job.width(a.type.sizes[1])} + i]"

    def _outer(self, n: Node, sizes: Sizes | None) -> str:
        u, v = (self._whole(a) for a in n.args)
        return f"{u('i')} * {v('k')}"

    def _scale_rows(self, n: Node, sizes: Sizes | None) -> str:
        v, m = n.args
        return f"{self._whole(v)('i')} * {self._read(m, n, sizes)}"

    def _scale_columns(self, n: Node, sizes: Sizes | None) -> str:
        m, v = n.args
        return f"{self._read(m, n, sizes)} * {self._whole(v)('k')}"

    def _diag(self, n: Node, sizes: Sizes | None) -> str:
        return f"(i == k ? {self._whole(n.args[0])('k')} : 0)"

    def _diagonal(self, n: Node, sizes: Sizes | None) -> str:
        (m,) = n.args
        return f"{self._pointer(m)}[k * {self.job.width(m.type.sizes[1])} + k]"

    def _squeeze(self, n: Node, sizes: Sizes | None) -> str:
        return f"{self._pointer(n.args[0])}[0]"

    def _spread(self, n: Node, sizes: Sizes | None) -> str:
        return f"{self._read(n.args[0], n, sizes)} / (real)({self.job.units(n.type.sizes)})"


_SPECIAL: dict[str, Callable[[KernelText, Node, Sizes | None], str]] = {
    "transpose": KernelText._transpose,
    "outer": KernelText._outer,
    "scale_rows": KernelText._scale_rows,
    "scale_columns": KernelText._scale_columns,
    "diag": KernelText._diag,
    "diagonal": KernelText._diagonal,
    "squeeze": KernelText._squeeze,
    "spread": KernelText._spread,
}
