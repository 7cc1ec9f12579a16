"""Nodes, constants and graphs of ONNX. No other file imports `onnx`, which is an optional extra."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellsearch.errors import ConfigError

# 20 is the first with Gelu. The format of files is that of the same release.
OPSET, FORMAT = 20, 9

Array = NDArray[Any]
Attribute = int | float | list[int]
Sizes = tuple[int | str | None, ...]


def library() -> Any:
    """The package.

    Raises:
        ConfigError: it is not installed; with the line that installs it.
    """
    try:
        import onnx
    except ImportError:
        message = "the format 'onnx' needs a package: pip install 'cellsearch[onnx]'"
        raise ConfigError(message) from None
    return onnx


class Graph:
    """A graph in the making; the steps of a loop are one within another.

    Attributes:
        nodes: in an order of computation.
        constants: shared by a graph and those within it.
    """

    def __init__(self, dtype: str, outer: Graph | None = None) -> None:
        self.onnx = library()
        self.dtype = np.dtype(dtype)
        self.type = self.onnx.helper.np_dtype_to_tensor_dtype(self.dtype)
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = outer.constants if outer else {}
        self._count: list[int] = outer._count if outer else [0]

    def node(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        """The name of what an operation gives."""
        self._count[0] += 1
        # No name of a cell has a space in it.
        result = f"{op} {self._count[0]}"
        self.nodes.append(self.onnx.helper.make_node(op, inputs, [result], **attributes))
        return result

    def put_out(self, value: str, name: str) -> None:
        """A value under the name of an output, made in this graph wherever it comes from."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [value], [name]))

    def number(self, value: float) -> str:
        """A number of the graph's type."""
        return self.constant(np.array(value, self.dtype), f"number {value!r}")

    def whole(self, *values: int) -> str:
        """Whole numbers: a shape, axes."""
        return self.constant(np.array(values, np.int64), f"whole {list(values)}")

    def constant(self, value: Array, name: str) -> str:
        """Numbers under a name; the same name is the same numbers."""
        if name not in self.constants:
            self.constants[name] = self.onnx.numpy_helper.from_array(value, name)
        return name

    def value(self, name: str, sizes: Sizes) -> Any:
        """The declaration of an input or output."""
        return self.onnx.helper.make_tensor_value_info(name, self.type, sizes)

    def made(self, name: str, inputs: list[Any], outputs: list[Any], constants: bool) -> Any:
        """The whole graph; `constants`: those that it shares are written here."""
        given = list(self.constants.values()) if constants else []
        return self.onnx.helper.make_graph(self.nodes, name, inputs, outputs, given)


def model(onnx: Any, graph: Any, doc: str) -> bytes:
    """The file of a model, checked."""
    opset = onnx.helper.make_opsetid("", OPSET)
    made = onnx.helper.make_model(
        graph,
        opset_imports=[opset],
        ir_version=FORMAT,
        producer_name="cellsearch",
        doc_string=doc,
    )
    onnx.checker.check_model(made, full_check=True)
    data: bytes = made.SerializeToString()
    return data
