"""Run in a process that has torch and no cellsearch: exported files against recorded numbers.

Prints for each file the differences, relative to the largest number of each tensor. Where that is
all but 0 it is rounding alone, as the mean of what is normalised: then to 0.01, and of a gradient
to a tenth of the largest.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
from torch import nn

sys.modules["cellsearch"] = None
FOLDER = Path(sys.argv[1])
torch.set_num_threads(1)


def module_class(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (found,) = [
        c for c in vars(module).values() if isinstance(c, type) and issubclass(c, nn.Module)
    ]
    return found


def relative(got, want, least=0.01):
    if got.shape != want.shape:
        return f"{list(got.shape)} for {list(want.shape)}"
    finite = want.isfinite()
    if not torch.equal(got.where(~finite, 0), want.where(~finite, 0)):
        return "other places are not finite"
    if not finite.any():
        return 0.0
    scale = max(float(want[finite].abs().max()), least)
    return float((got - want)[finite].abs().max().detach()) / scale


def differences(module, run):
    """Of outputs, states and every gradient."""
    inputs = [x.clone().requires_grad_() for x in run["inputs"]]
    given = run["given"] and [s.clone().requires_grad_() for s in run["given"]]
    state = None
    if given:
        state = given[0] if len(given) == 1 else tuple(given)
    y, after = module(*inputs, state) if state is not None else module(*inputs)
    after = (after,) if isinstance(after, torch.Tensor) else after
    found = {"y": relative(y, run["y"])}
    for i, (got, want) in enumerate(zip(after, run["after"], strict=True)):
        found[f"state {i}"] = relative(got, want)
    total = sum((r * m).sum() for r, m in zip((y, *after), run["mix"], strict=True))
    leaves = [*module.parameters(), *inputs, *(given or ())]
    total = total + 0 * sum(leaf.sum() for leaf in leaves)
    grads = torch.autograd.grad(total, leaves)
    largest = max([float(g.abs().max()) for g in run["grads"] if g.numel()], default=0.0)
    for i, (got, want) in enumerate(zip(grads, run["grads"], strict=True)):
        found[f"gradient {i}"] = relative(got, want, max(0.1 * largest, 0.01))
    return found


def check(path):
    case = torch.load(path.with_suffix(".pt"), weights_only=True)
    module = module_class(path)(**case["sizes"]).double().eval()
    values = case["weights"].values()
    module.load_state_dict(dict(zip(module.state_dict(), values, strict=True)))
    return [differences(module, run) for run in case["runs"]]


def checked(path):
    try:
        return check(path)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    try:
        import cellsearch  # noqa: F401
    except ImportError:
        print(json.dumps({p.stem: checked(p) for p in sorted(FOLDER.glob("*.py"))}))
