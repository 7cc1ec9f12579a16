"""Products as C: with a plain matrix, with one of diagonal blocks, with one of filters."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.backends.cpu.job import Job
from cellsearch.derive.schedule import Call, Outer
from cellsearch.derive.schedule.accumulate import leaf_of
from cellsearch.ir import Node

Lines = Iterator[str]


class Plain:
    """[rows, columns], as many as stand side by side."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def pack(self, i: int, c: Call) -> Lines:
        """The matrices of call `i` into panels."""
        f = self.job
        K, N = f.total(c.operands), f.total(c.results)
        for b in c.blocks:
            leaf, flipped = leaf_of(b.matrix), b.matrix.op == "transpose"
            # Stored [rows, columns]; its product with a vector sums over columns.
            r, k = (f.job_width(s) for s in leaf.type.sizes)
            kk, nn, ks, ns = (r, k, k, "1") if flipped else (k, r, "1", k)
            k0, n0 = f.total(c.operands[: b.operand]), f.total(c.results[: b.result])
            yield (
                f"j->pack(j->packed[{i}], {K}, {N}, {k0}, {n0}, {kk}, {nn}, "
                f"j->p[{f.place(leaf)}], {ks}, {ns}, R({b.sign}), me, of);"
            )

    def call(self, i: int, c: Call, rows: str, count: str, step: str) -> Lines:
        """`rows`: the first row among all; `step`: the first row within the step."""
        f = self.job
        a, to = c.operands[0], c.results[0]
        yield (
            f"j->product({count}, {f.total(c.results)}, {f.total(c.operands)}, "
            f"{f.at(a, rows, step)}, {f.distance(a)}, 1, j->packed[{i}], "
            f"{f.at(to, rows, step)}, {f.distance(to)}, {int(c.adds)}, room);"
        )

    def outer(self, i: int, o: Outer) -> Lines:
        """A gradient: outer products summed over all rows."""
        f = self.job
        M, N = f.total(o.left), f.total((o.right,))
        right = f.at(o.right, "0", "0"), f.distance(o.right)
        yield from _summed(f, i, o, (M, N), f.at(o.left[0], "0", "0"), right, f.gradient(o))


class Blocks:
    """[heads, rows / heads, columns / heads], each head by itself."""

    def __init__(self, job: Job, heads: int) -> None:
        self.job, self.heads = job, heads

    def _share(self, n: str) -> str:
        return f"(({n}) / {self.heads})"

    def pack(self, i: int, c: Call) -> Lines:
        """See `Plain`."""
        f, (b,) = self.job, c.blocks
        leaf = leaf_of(b.matrix)
        r, k = (self._share(f.job_width(s)) for s in leaf.type.sizes)
        kk, nn, ks, ns = (r, k, k, "1") if b.matrix.op == "transpose" else (k, r, "1", k)
        yield f"for (long g = 0; g < {self.heads}; g++)"
        yield (
            f"    j->pack(j->packed[{i}] + g * j->packed_parts[{i}], {kk}, {nn}, 0, 0, {kk}, {nn}, "
            f"j->p[{f.place(leaf)}] + g * {r} * {k}, {ks}, {ns}, R({b.sign}), me, of);"
        )

    def call(self, i: int, c: Call, rows: str, count: str, step: str) -> Lines:
        """See `Plain`."""
        f, (a,), (to,) = self.job, c.operands, c.results
        K, N = self._share(f.total((a,))), self._share(f.total((to,)))
        yield f"for (long g = 0; g < {self.heads}; g++)"
        yield (
            f"    j->product({count}, {N}, {K}, {f.at(a, rows, step)} + g * {K}, {f.distance(a)}, "
            f"1, j->packed[{i}] + g * j->packed_parts[{i}], {f.at(to, rows, step)} + g * {N}, "
            f"{f.distance(to)}, {int(c.adds)}, room);"
        )

    def outer(self, i: int, o: Outer) -> Lines:
        """See `Plain`."""
        f = self.job
        M, N = self._share(f.total(o.left)), self._share(f.total((o.right,)))
        left = f"{f.at(o.left[0], '0', '0')} + g * {M}"
        right = f"{f.at(o.right, '0', '0')} + g * {N}", f.distance(o.right)
        yield f"for (long g = 0; g < {self.heads}; g++) {{"
        yield from _summed(f, i, o, (M, N), left, right, f"{f.gradient(o)} + g * {M} * {N}")
        yield "}"


class Filters:
    """[rows, columns, side, side]: a product with a pixel's neighbours, side by side."""

    def __init__(self, job: Job, side: int) -> None:
        self.job, self.side, self.taps = job, side, side * side

    def pack(self, i: int, c: Call) -> Lines:
        """See `Plain`. One tap below another."""
        f, taps = self.job, self.taps
        K, N = f.total(c.operands), f.total(c.results)
        for b in c.blocks:
            leaf, flipped = leaf_of(b.matrix), b.matrix.op == "transpose"
            r, k = (f.job_width(s) for s in leaf.type.sizes)
            across, along = f"{k} * {taps}", str(taps)
            kk, nn, ks, ns = (r, k, across, along) if flipped else (k, r, along, across)
            k0, n0 = f.total(c.operands[: b.operand]), f.total(c.results[: b.result])
            yield f"for (long g = 0; g < {taps}; g++)"
            yield (
                f"    j->pack(j->packed[{i}], {taps} * ({K}), {N}, g * ({K}) + {k0}, {n0}, {kk}, "
                f"{nn}, j->p[{f.place(leaf)}] + g, {ks}, {ns}, R({b.sign}), me, of);"
            )

    def call(self, i: int, c: Call, rows: str, count: str, step: str) -> Lines:
        """See `Plain`."""
        f, a, to = self.job, c.operands[0], c.results[0]
        K, N = f.total(c.operands), f.total(c.results)
        back = int(c.blocks[0].matrix.op == "transpose")
        yield f"for (long q = 0; q < {count}; q += j->height * j->width) {{"
        yield (
            f"    neighbours(j, wide, {K}, {f.at(a, f'{rows} + q', f'{step} + q')}, "
            f"{f.distance(a)}, {self.side}, 0, {self.taps}, {back});"
        )
        yield (
            f"    j->product(j->height * j->width, {N}, {self.taps} * ({K}), wide, "
            f"{self.taps} * ({K}), 1, j->packed[{i}], {f.at(to, f'{rows} + q', f'{step} + q')}, "
            f"{f.distance(to)}, {int(c.adds)}, room);"
        )
        yield "}"

    def outer(self, i: int, o: Outer) -> Lines:
        """See `Plain`. [rows, taps, columns], of which each thread makes its own taps."""
        f, left = self.job, o.left[0]
        M, N = f.total(o.left), f.total((o.right,))
        yield "{"
        yield f"    long first = {self.taps} * me / of, last = {self.taps} * (me + 1) / of;"
        yield f"    long area = j->height * j->width, columns = (last - first) * {N};"
        yield "    real *packed = wide + area * columns;"
        yield "    for (long q = 0; first < last && q < j->T * j->B; q += area) {"
        yield (
            f"        neighbours(j, wide, {N}, {f.at(o.right, 'q', '0')}, {f.distance(o.right)}, "
            f"{self.side}, first, last, 0);"
        )
        yield (
            "        j->pack(packed, area, columns, 0, 0, area, columns, wide, columns, 1, R(1), "
            "0, 1);"
        )
        yield (
            f"        j->product({M}, columns, area, {f.at(left, 'q', '0')}, 1, "
            f"{f.distance(left)}, packed, {f.gradient(o)} + first * {N}, {self.taps} * {N}, "
            f"{f.adds(o)} || q > 0, room);"
        )
        yield "    }"
        yield "}"


def _summed(
    f: Job,
    i: int,
    o: Outer,
    shape: tuple[str, str],
    left: str,
    right: tuple[str, str],
    to: str,
) -> Lines:
    """`to` [M, N] (+)= left.T @ right over all rows; `right`: with the distance of its rows."""
    M, N = shape
    at, distance = right
    yield (
        f"j->pack(j->packed[{i}], j->T * j->B, {N}, 0, 0, j->T * j->B, {N}, {at}, {distance}, 1, "
        "R(1), me, of);"
    )
    yield "#pragma omp barrier"
    yield "{"
    yield f"    long M = {M}, first = M * me / of;"
    yield "    long rows = M * (me + 1) / of - first;"
    yield (
        f"    j->product(rows, {N}, j->T * j->B, {left} + first, 1, {f.distance(o.left[0])}, "
        f"j->packed[{i}], {to} + first * ({N}), {N}, {f.adds(o)}, room);"
    )
    yield "}"
    yield "#pragma omp barrier"


Matrix = Plain | Blocks | Filters


def of_call(job: Job, c: Call) -> Matrix:
    """The kind of a call's matrices."""
    return _of(job, *form(c.blocks[0].matrix))


def of_outer(job: Job, o: Outer) -> Matrix:
    """The kind of the matrix whose gradient it is."""
    return _of(job, str(o.form[0]), int(o.form[1])) if o.form else Plain(job)


def form(matrix: Node) -> tuple[str, int]:
    """`block` and the heads, `conv` and the side, or nothing."""
    m = matrix.args[0] if matrix.op == "transpose" else matrix
    return (m.op, int(m.attrs[0])) if m.op in ("block", "conv") else ("", 1)


def _of(job: Job, name: str, count: int) -> Matrix:
    if name == "conv":
        return Filters(job, count)
    return Blocks(job, count) if name == "block" else Plain(job)
