"""Counted cost of a language model: embedding, layers of cells, softmax."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.config import ModelConfig
from cellsearch.derive.cost import Cost, count
from cellsearch.ir import Graph
from cellsearch.ir.biases import without_biases


@dataclass(frozen=True)
class ModelCost:
    """Cost of a whole model, per token.

    Attributes:
        cells: of all layers' cells together.
        parameters: of the whole model.
        flops_forward: 2·m·n for each matrix product, the softmax's among them.
    """

    cells: Cost
    parameters: int
    flops_forward: int


def count_model(graph: Graph, model: ModelConfig, vocabulary: int) -> ModelCost:
    """The cost of a model of this cell.

    Raises:
        LanguageError: the cell cannot have these sizes, or has several inputs.
    """
    graph = graph if model.bias else without_biases(graph)
    embedding = model.embedding or model.hidden
    name = next(iter(graph.inputs))
    width = embedding
    layers: list[Cost] = []
    for _ in range(model.layers):
        layers.append(count(graph, {name: width}, model.hidden))
        width = graph.output_width({name: width}, model.hidden)
    cells = sum(layers[1:], layers[0])
    # A tied softmax reads the embedding's matrix, behind a projection where the widths differ.
    projection = width * embedding if model.tied and width != embedding else 0
    matrix = vocabulary * (embedding if model.tied else width)
    own = projection + (0 if model.tied else matrix) + vocabulary
    return ModelCost(
        cells=cells,
        parameters=cells.parameters + vocabulary * embedding + own,
        flops_forward=cells.flops_forward + 2 * (projection + matrix),
    )
