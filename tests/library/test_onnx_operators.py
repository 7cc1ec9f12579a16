"""ONNX's own LSTM and GRU, as onnxruntime runs them in float32, give the same values.

Its LSTM has peepholes and coupled gates, its GRU has both places of the reset: the definitions of a
standard, beside those of torch and of papers. Gradients are held elsewhere.
"""

import numpy as np
import onnx.helper
import onnxruntime
import pytest
from twin import case_of

from cellsearch.lang import library
from cellsearch.testing.cases import by_oracle, relative

# Gates in ONNX's order. What our cell has not is left out, or 0.
LSTM = {"W": "Wi Wo Wf Wg", "R": "Ui Uo Uf Ug", "B": "bi bo bf bg - - - -", "P": "pi po pf"}
GRU = {"W": "Wz Wr Wn", "R": "Uz Ur Un", "B": "bz br bn - - -"}
OPERATORS = {
    "lstm_peephole": ("LSTM", LSTM, {}),
    "greff_np": ("LSTM", LSTM, {}),
    # With coupled gates the forget gate's weights are not read.
    "greff_cifg": ("LSTM", LSTM, {"input_forget": 1}),
    "gru_v3": ("GRU", GRU, {"linear_before_reset": 0}),
    "gru": ("GRU", {**GRU, "B": "bz br bn - - cn"}, {"linear_before_reset": 1}),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_agrees_with_the_operator_of_onnx(name):
    operator, names, attributes = OPERATORS[name]
    case = case_of(library()[name])
    want = by_oracle(case)
    got = by_onnx(operator, names, attributes, case)
    steps, _, batch, hidden = got[0].shape
    assert relative(got[0].reshape(steps * batch, hidden), want.outputs) < 1e-5
    for last, state in zip(got[1:], want.states.values(), strict=True):
        assert relative(last[0], state) < 1e-5


def by_onnx(operator, names, attributes, case):
    """Outputs [T, 1, B, H], then final states [1, B, H]."""
    feeds = {"X": case.inputs["x"], **{n: stacked(case, order) for n, order in names.items()}}
    feeds |= {f"initial_{n}": s[None] for n, s in case.states.items()}
    order = ["X", "W", "R", "B", "lengths", "initial_h"]
    order += ["initial_c", "P"] if operator == "LSTM" else []
    inputs = [n if n in feeds else "" for n in order]
    outputs = ["Y", "Y_h", "Y_c"][: 1 + len(case.states)]
    node = onnx.helper.make_node(
        operator, inputs, outputs, hidden_size=case.sizes["H"], **attributes
    )
    session = onnxruntime.InferenceSession(model(node, feeds).SerializeToString())
    return session.run(None, {n: feeds[n].astype(np.float32) for n in inputs if n})


def stacked(case, order):
    """ONNX's [1, gates * H, …]."""
    hidden, weights = case.sizes["H"], case.weights
    shape = next((weights[n].shape for n in order.split() if n in weights), (hidden,))
    return np.concatenate([weights.get(n, np.zeros(shape)) for n in order.split()])[None]


def model(node, feeds):
    def value(name, shape):
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    inputs = [value(n, feeds[n].shape) for n in node.input if n]
    graph = onnx.helper.make_graph([node], "cell", inputs, [value(n, None) for n in node.output])
    opset = onnx.helper.make_opsetid("", 17)
    return onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
