"""A cell as a file of Python that imports torch alone: one class, its equations line by line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from cellsearch.export.options import Options
from cellsearch.export.pytorch.checks import (
    further_input_fits,
    input_fits,
    state_fits,
    states_fit,
)
from cellsearch.export.pytorch.code import (
    INDENT,
    WIDTH,
    Atom,
    Code,
    assignment,
    binary,
    call,
    listed,
)
from cellsearch.export.pytorch.functions import HELPERS
from cellsearch.export.pytorch.numbers import width
from cellsearch.export.pytorch.source import Source, source
from cellsearch.export.pytorch.starts import Starts
from cellsearch.export.pytorch.step import Step, carried
from cellsearch.ir import Cell
from cellsearch.ir.graph import Weight
from cellsearch.lang import print_cell

_BODY = INDENT * 2


def export(cell: Cell, options: Options) -> str:
    """The file's text.

    Args:
        cell: without choices.
        options: its sizes, which matter only to a cell whose number of rounds depends on them.

    Raises:
        LanguageError: whatever is wrong with the cell.
        ConfigError: a function that another package added.
    """
    return _Module(source(cell, options)).text()


class _Module:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.step, self.starts = Step(source), Starts(source)
        self.name = _class_name(source.cell.name)

    def text(self) -> str:
        code = "\n".join(self._class())
        helpers = [n for n in HELPERS if n in self.step.helpers | self.starts.helpers]
        functions = "".join(f"\n{HELPERS[n]}" for n in helpers)
        whole = f"{functions}\n\n{code}\n"
        return "\n".join([*self._docstring(), "", *_imports(whole), whole])

    def _docstring(self) -> Iterator[str]:
        cell = self.source.cell
        yield f'"""The recurrent cell `{cell.name}` as a module of torch.'
        yield ""
        yield from _quoted(print_cell(cell).splitlines())
        yield ""
        yield "The weights of `rnn = cellsearch.RNN(...)`, one layer of this cell, stand in the"
        yield "same order and are taken over by"
        yield ""
        yield "    values = rnn.state_dict().values()"
        yield "    module.load_state_dict(dict(zip(module.state_dict(), values, strict=True)))"
        yield '"""'

    def _class(self) -> Iterator[str]:
        yield f"class {self.name}(nn.Module):"
        yield from self._class_docstring()
        yield ""
        yield from self._init()
        yield ""
        if self.starts.reset:
            yield f"{INDENT}@torch.no_grad()"
            yield f"{INDENT}def reset_parameters(self):"
            yield f'{_BODY}"""Draw the weights anew, from the cell\'s own laws."""'
            yield from self.starts.reset
            yield ""
        yield f"{INDENT}def start(self, {self.source.local(self.source.cell.inputs[0])}):"
        yield f'{_BODY}"""The states before the first step."""'
        yield from self.starts.start
        yield ""
        yield from self._forward()

    def _class_docstring(self) -> Iterator[str]:
        last = "states" if len(list(carried(self.source))) > 1 else "state"
        yield f'{INDENT}"""One layer, called as `torch.nn.LSTM` is; batched only.'
        yield ""
        yield from textwrap.wrap(
            f"Takes {self._taken()}. Returns the outputs [T, B, ...] and the last {last}.",
            WIDTH,
            initial_indent=INDENT,
            subsequent_indent=INDENT,
            break_long_words=False,
        )
        yield f'{INDENT}"""'

    def _taken(self) -> str:
        """What `forward` takes, in words."""
        s, plane = self.source, ", height, width" if self.source.plane else ""
        x, *others = s.cell.inputs
        taken = [f"`{s.local(x)}` [T, B, input_size{plane}]"]
        for v in others:
            units = f"B, {s.attributes.of(f'X.{v}')}{plane}"
            taken.append(f"`{s.local(v)}` [T, {units}] or, for all steps, [{units}]")
        states = list(carried(s))
        what = f"states `({', '.join(states)})`, each" if states[1:] else f"state `{states[0]}`,"
        axis = "without `torch.nn.LSTM`'s leading layer axis"
        return f"{', '.join(taken)} and, if not from the start, the {what} [B, ...], {axis}"

    def _init(self) -> Iterator[str]:
        s = self.source
        sizes = ["input_size", "hidden_size"]
        sizes += [s.attributes.of(f"X.{v}") for v in s.cell.inputs[1:]]
        yield f"{INDENT}def __init__(self, {', '.join(sizes)}):"
        yield f"{_BODY}super().__init__()"
        yield from self._checks()
        for size in sizes:
            yield f"{_BODY}self.{size} = {size}"
        parameters = [li for w in s.graph.weights.values() for li in self._parameter(w)]
        code = "\n".join([*parameters, *self.starts.reset, *self.starts.start, *self._forward()])
        for const in (c for c in s.u.consts if _reads(re.escape(str(s.const(c))), code)):
            yield from assignment(str(s.const(const)), s.const_value(const), _BODY, s.locals.fresh)
        yield from parameters
        if self.starts.reset:
            yield f"{_BODY}self.reset_parameters()"

    def _checks(self) -> Iterator[str]:
        s = self.source
        for a, b in s.graph.needs:
            one, other = width(a, ""), width(b, "")
            yield f"{_BODY}if {one} != {other}:"
            message = f"{s.cell.name} needs {a} = {b}, got {{{one}}} and {{{other}}}"
            yield f'{_BODY}    raise ValueError(f"{message}")'
        for size, value in zip(("hidden_size", "input_size"), s.fixed.values(), strict=False):
            yield f"{_BODY}if {size} != {value}:"
            message = f"its rounds are written out for {size} = {value}, got {{{size}}}"
            yield f'{_BODY}    raise ValueError(f"{message}")'
        blocks = [w for w in s.graph.weights.values() if w.form.heads]
        shared = [(width(n, ""), w.form.heads) for w in blocks for n in w.type.sizes]
        for units, heads in dict.fromkeys(shared):
            yield f"{_BODY}if {binary('%', units, Atom(str(heads)))}:"
            message = f"{heads} heads cannot share {units} = {{{units}}}"
            yield f'{_BODY}    raise ValueError(f"{message}")'

    def _parameter(self, w: Weight) -> Iterator[str]:
        s = self.source
        sizes = [s.width(n, "") for n in w.type.sizes]
        form = Atom(str(w.form.heads or w.form.side))
        shape: list[Code] = [*sizes, form, form] if w.form.side else sizes
        if w.form.heads:
            shape = [form, *(binary("//", n, form) for n in sizes)]
        empty = call("torch.empty", *(shape or [Atom("()")]))
        target = f"self.{s.attributes.of(w.name)}"
        yield from assignment(target, call("nn.Parameter", empty), _BODY, s.locals.fresh)

    def _forward(self) -> Iterator[str]:
        s = self.source
        inputs = list(map(s.local, s.cell.inputs))
        states = list(carried(s))
        x, *others = inputs
        yield f"{INDENT}def forward(self, {', '.join(inputs)}, state=None):"
        yield from input_fits(x, s.plane)
        body = list(self._body(x))
        if any(_reads("batch", line) for line in body):
            yield f"{_BODY}batch = {x}.shape[1]"
        for name, v in zip(s.cell.inputs[1:], others, strict=True):
            yield f"{_BODY}if {v}.dim() < {x}.dim():"
            yield f"{_BODY}    {v} = {v}.expand(len({x}), *{v}.shape)"
            yield from further_input_fits(v, x, s.attributes.of(f"X.{name}"), s.plane)
        yield from self._begun(states, x)
        yield from body
        returned = states[0] if len(states) == 1 else f"({', '.join(states)})"
        line = f"{_BODY}return torch.stack(outputs), {returned}"
        if len(line) > WIDTH:
            yield from listed("state = ", states, "", _BODY)
            line = f"{_BODY}return torch.stack(outputs), state"
        yield line

    def _begun(self, states: list[str], x: str) -> Iterator[str]:
        yield f"{_BODY}start = self.start({x})"
        if len(states) == 1:
            yield f"{_BODY}{states[0]} = start if state is None else state"
            yield from state_fits(states[0])
            return
        yield f"{_BODY}state = start if state is None else state"
        yield from states_fit()
        yield from listed("", states, " = state", _BODY)

    def _body(self, x: str) -> Iterator[str]:
        yield from self.step.before
        yield f"{_BODY}outputs = []"
        yield self._loop(x)
        yield from self.step.lines
        yield f"{_BODY}    outputs.append({self.step.output})"
        yield from self.step.update

    def _loop(self, x: str) -> str:
        read = [n for n in self.source.cell.inputs if n in self.step.read]
        steps = ", ".join(self.step.step_of(n) for n in read)
        over = ", ".join(self.source.local(n) for n in read)
        if not read:
            return f"{_BODY}for _ in range(len({x})):"
        if len(read) == 1:
            return f"{_BODY}for {steps} in {over}:"
        return f"{_BODY}for {steps} in zip({over}, strict=True):"


def _class_name(name: str) -> str:
    """`lstm_peephole` as `LstmPeephole`."""
    made = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return f"{made}Cell" if made in ("F", "ValueError") else made


def _imports(code: str) -> Iterator[str]:
    if _reads(r"math\.", code):
        yield "import math"
        yield ""
    yield "import torch"
    yield "from torch import nn"
    if _reads(r"F\.", code):
        yield "from torch.nn import functional as F"


def _reads(name: str, code: str) -> bool:
    """Whether a name stands in a program, not as another's attribute or as part of a longer one."""
    return re.search(rf"(?<![\w.]){name}\b", code) is not None


def _quoted(lines: list[str]) -> Iterator[str]:
    """Lines as they may stand in a docstring; those that are too long go on in the next."""
    for line in lines:
        plain = "".join(c if c.isprintable() else " " for c in line.expandtabs())
        plain = plain.replace("\\", "\\\\").replace('"""', "'''").rstrip()
        lead = " " * (len(plain) - len(plain.lstrip()) + 8)
        if plain.startswith("#"):
            lead = "# "
        yield from textwrap.wrap(
            plain,
            WIDTH,
            subsequent_indent=lead,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
        ) or [""]
