"""What `RNN` says in float64 about a cell, written beside the cell's exported file."""

import torch

from cellsearch import RNN
from cellsearch.export import Options, export
from cellsearch.testing.cases import make_case


def widths_of(case):
    return {n: x.shape[2] for n, x in case.inputs.items()}


def rnn_of(case):
    """The cell as a module of one layer, with the case's weights, in evaluation."""
    widths = widths_of(case)
    size = (*widths.values(), *case.space) if case.space else widths
    rnn = RNN(case.cell, size, case.sizes["H"], backend="reference", dtype=torch.float64)
    for name, value in case.weights.items():
        rnn.layers[0].forwards.assign(name, torch.tensor(value))
    return rnn.eval()


def sizes_of(case):
    """The arguments of an exported class."""
    others = {f"{v}_size": case.sizes[f"X.{v}"] for v in case.cell.inputs[1:]}
    return {"input_size": case.sizes["X"], "hidden_size": case.sizes["H"], **others}


def given_states(case):
    """The case's states as `RNN` takes them, but for the layer."""
    flat = [torch.tensor(s) for s in case.states.values()]
    scalars = (1, 1, 1) if case.space else (1,)
    return [s.reshape(-1, *scalars) if s.dim() == 1 else s for s in flat]


def record(cell, folder, name):
    """`name.py`, the exported file, and `name.pt`, what is expected of it."""
    case = make_case(cell, lengths=(5, 5, 5), states=True)
    rnn = rnn_of(case)
    sequences = [torch.tensor(x) for x in case.inputs.values()]
    # A further input may be one vector for all steps.
    whole = [sequences[0], *(x[0] for x in sequences[1:])]
    runs = [run(rnn, sequences, None), run(rnn, whole, given_states(case))]
    text = export(cell, "torch", Options(widths_of(case), case.sizes["H"]))
    (folder / f"{name}.py").write_text(text)
    recorded = {"sizes": sizes_of(case), "weights": rnn.state_dict(), "runs": runs}
    torch.save(recorded, folder / f"{name}.pt")


def run(rnn, inputs, given):
    """Outputs, last states, and the gradients of a random sum of them."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    before = given and [s.clone().requires_grad_() for s in given]
    y, after = rnn(tuple(leaves), before and tuple(s[None] for s in before))
    after = [s[0] for s in ((after,) if isinstance(after, torch.Tensor) else after)]
    mix = [torch.randn_like(r) for r in (y, *after)]
    results = {"y": y.detach(), "after": [s.detach() for s in after], "mix": mix}
    total = sum((r * m).sum() for r, m in zip((y, *after), mix, strict=True))
    grads = gradients(total, [*rnn.parameters(), *leaves, *(before or ())])
    return {"inputs": inputs, "given": given, "grads": grads, **results}


def gradients(total, leaves):
    """Zeros where nothing is read."""
    total = total + 0 * sum(leaf.sum() for leaf in leaves)
    return torch.autograd.grad(total, leaves)
