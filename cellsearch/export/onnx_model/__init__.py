"""The format `onnx`: a model built from the graph, with its weights, in evaluation mode."""

from cellsearch.export.onnx_model.model import export

__all__ = ["export"]
