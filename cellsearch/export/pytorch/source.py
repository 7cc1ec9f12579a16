"""A cell made ready for writing: unrolled, typed, every name given a legal one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from cellsearch.export.naming import Names, memory_name
from cellsearch.export.options import Options
from cellsearch.export.pytorch.code import Atom, Code
from cellsearch.export.pytorch.functions import FUNCTIONS
from cellsearch.export.pytorch.numbers import of, width
from cellsearch.ir import Cell, Graph, elaborate
from cellsearch.ir.cell import Equation, Param, flat
from cellsearch.ir.delays import Memory, memories
from cellsearch.ir.expressions import Name
from cellsearch.ir.infer import Types, infer
from cellsearch.ir.plane import has_filters, require_space
from cellsearch.ir.reach import Reach, reach
from cellsearch.ir.unroll import Unrolled, unroll
from cellsearch.ir.widths import NeedsSizesError, Size

# What a module has already, and what is written beside a cell's own names.
LOCALS = (
    *("self", "torch", "nn", "math", "F", "state", "batch", "outputs", "weight", "bound"),
    *("start", "want", "got"),
    *("zip", "range", "len", "int", "min", "max", "abs", "ValueError"),
)
ATTRIBUTES = (
    *("forward", "reset_parameters", "start", "hidden_size", "input_size", "training"),
    *("T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children"),
    *("compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float"),
    *("get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu"),
    *("load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules"),
    *("named_parameters", "parameters", "register_backward_hook", "register_buffer"),
    *("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"),
    *("register_full_backward_pre_hook", "register_load_state_dict_post_hook"),
    *("register_load_state_dict_pre_hook", "register_module", "register_parameter"),
    *("register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_"),
    *("set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty"),
    *("train", "type", "xpu", "zero_grad"),
)


@dataclass(frozen=True)
class Source:
    """What is written, and under which names.

    Attributes:
        cell: as its author wrote it.
        fixed: the H and X that alone it can have, where the number of its rounds depends on them.
    """

    cell: Cell
    u: Unrolled
    r: Reach
    types: Types
    graph: Graph
    fixed: dict[str, int]
    memories: dict[int, Memory]
    attributes: Names = field(default_factory=lambda: Names(ATTRIBUTES))
    locals: Names = field(default_factory=lambda: Names((*LOCALS, *FUNCTIONS, "zoneout", "ramp")))

    @cached_property
    def plane(self) -> bool:
        """Whether units are channels of a plane."""
        return has_filters(self.graph)

    @cached_property
    def remembered(self) -> tuple[Memory, ...]:
        """What delays remember, in the order of their states."""
        return tuple(dict.fromkeys(self.memories.values()))

    @cached_property
    def widths(self) -> dict[Size, str]:
        """The consts by which widths are called in the cell, where a width has one such name."""
        declared = [s.width for s in self.cell.states]
        declared += [e.width for e in flat(self.cell.lines) if isinstance(e, Equation | Param)]
        written = {e for width in declared if width for e in width.sizes}
        consts = {n: e for n, e in self.u.consts.items() if Name(n) in written}
        # `const P = H` is H.
        sizes = {n: Size.of(e) for n, e in consts.items() if not isinstance(e, Name)}
        count = Counter(sizes.values())
        return {size: n for n, size in sizes.items() if count[size] == 1}

    def width(self, size: Size, own: str = "self.") -> Code:
        """The code of a width, by the name of a const if the cell calls it so."""
        const = self.widths.get(size)
        return width(size, own) if const is None else self.const(const)

    def const(self, name: str) -> Code:
        """The attribute of a const."""
        return Atom(f"self.{self.attributes.of(name)}")

    def const_value(self, name: str) -> Code:
        """The value of a const in `__init__`."""
        value = self.u.consts[name]
        return width(Size.of(value), "") if name in self.widths.values() else of(value, "")

    def local(self, name: str) -> str:
        """The variable of an input, a state or an equation."""
        return self.locals.of(name)

    def memory(self, memory: Memory, k: int) -> str:
        """The variable of what is remembered of k steps ago, which may be a state."""
        if k == 1 and memory.own:
            return self.local(memory.name(1))
        return self.locals.of(memory.name(k), memory_name(memory, k))


def source(cell: Cell, options: Options) -> Source:
    """The cell made ready.

    Raises:
        LanguageError: whatever is wrong with the cell.
    """
    sizes = {"H": options.hidden, "X": options.widths[cell.inputs[0]]}
    try:
        graph, fixed = elaborate(cell), {}
    except NeedsSizesError:
        graph, fixed = elaborate(cell, sizes), sizes
    require_space(graph, (1, 1) if has_filters(graph) else ())
    u = unroll(cell, fixed)
    r = reach(u)
    found = Source(cell, u, r, infer(u, r), graph, fixed, memories(u, r))
    _name_all(found)
    return found


def _name_all(s: Source) -> None:
    """The cell's names first, so that what is made up gives way to them."""
    for name in (*s.cell.inputs, *s.r.states, *(n for n in s.r.order if not n.endswith("'"))):
        s.local(name)
    for size in s.cell.inputs[1:]:
        s.attributes.of(f"X.{size}", f"{size}_size")
    for name in (*s.graph.weights, *s.u.consts):
        s.attributes.of(name, name.replace("'", ""))
    for m in s.remembered:
        for k in range(1, m.steps + 1):
            s.memory(m, k)
