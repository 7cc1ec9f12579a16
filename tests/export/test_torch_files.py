"""Exported files, in a process without cellsearch, do to the last digits what `RNN` does."""

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from recording import record
from torch import nn

from cellsearch import RNN, lang
from cellsearch.errors import LanguageError
from cellsearch.export import Options, export
from cellsearch.export.pytorch.functions import FUNCTIONS
from cellsearch.export.pytorch.source import ATTRIBUTES
from cellsearch.ir.ops import OPS
from cellsearch.testing.cells import random_cell

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIBRARY = {n: lang.load_cell(n) for n in lang.names()}
CORNERS = lang.parse_cells((HERE / "corners.cell").read_text("utf-8"))
OTHERS = lang.parse_cells((ROOT / "tests" / "backends" / "corners.cell").read_text("utf-8"))
WRITTEN = {**LIBRARY, **{f"corner_{n}": c for n, c in {**OTHERS, **CORNERS}.items()}}
USUAL, ALL = 30, 200
TOLERANCE = 1e-12

torch.set_num_threads(1)


def drawn(seeds):
    text = {n: random_cell(random.Random(n), plane=n % 10 == 9) for n in seeds}
    return {f"random_{n}": lang.parse_cell(t) for n, t in text.items()}


def recorded(cells, folder):
    torch.manual_seed(0)
    for name, cell in cells.items():
        record(cell, folder, name)
    return folder


def wrong(folder):
    """By file what differs from `RNN` by too much, where nothing but torch is there."""
    command = [sys.executable, "-I", str(HERE / "alone.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == len(list(folder.glob("*.py")))
    return {name: worst for name, runs in found.items() if (worst := too_much(runs))}


def too_much(runs):
    if isinstance(runs, str):
        return runs
    parts = [(what, d) for run in runs for what, d in run.items()]
    return {what: d for what, d in parts if isinstance(d, str) or not d <= TOLERANCE}


def ruff(*arguments):
    command = [sys.executable, "-m", "ruff", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode else ""


def made(cell, options=None, **sizes):
    """A module of the exported class."""
    names = {}
    exec(export(cell, "torch", options), names)
    classes = [c for c in names.values() if isinstance(c, type) and issubclass(c, nn.Module)]
    return classes[0](**sizes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    cells = {**WRITTEN, **drawn(range(USUAL))}
    return recorded(cells, tmp_path_factory.mktemp("exported"))


def test_outputs_states_and_gradients_are_those_of_rnn(folder):
    assert wrong(folder) == {}


def test_files_are_formatted(folder):
    assert ruff("format", "--diff", "--isolated", "--line-length", 100, folder) == ""


def test_files_pass_the_linter(folder):
    assert ruff("check", "--config", ROOT / "pyproject.toml", "--no-cache", folder) == ""


def test_only_torch_is_imported(folder):
    lines = {li for p in folder.glob("*.py") for li in p.read_text().splitlines()}
    imports = {li for li in lines if li.startswith(("import ", "from "))}
    functional = "from torch.nn import functional as F"
    assert imports == {"import math", "import torch", "from torch import nn", functional}


@pytest.mark.slow
def test_more_drawn_cells(tmp_path):
    recorded(drawn(range(USUAL, ALL)), tmp_path)
    assert wrong(tmp_path) == {}
    assert ruff("format", "--diff", "--isolated", "--line-length", 100, tmp_path) == ""


def test_every_function_is_there():
    assert FUNCTIONS.keys() == OPS.keys() - {"identity"}


def test_no_weight_takes_the_place_of_what_a_module_has():
    public = {n for n in dir(nn.Module()) if not n.startswith("_")}
    assert public - set(ATTRIBUTES) == set()


# Widths, and a distance that no two draws of one law have there.
SIDE, FAR = 96, 0.35


def distance(a, b):
    """The largest distance between two cumulated distributions."""
    a, b = np.sort(a.numpy().ravel()), np.sort(b.numpy().ravel())
    at = np.concatenate([a, b])
    ranks = [np.searchsorted(v, at, "right") / len(v) for v in (a, b)]
    return np.abs(ranks[0] - ranks[1]).max()


def stacked(draws):
    return torch.stack(tuple(draws))


@pytest.mark.parametrize("name", [n for n in WRITTEN if n != "corner_as_many"])
def test_weights_are_drawn_by_the_cells_laws(name):
    torch.manual_seed(1)
    cell = WRITTEN[name]
    plane = any("conv(" in line for line in lang.print_cell(cell).splitlines())
    size = (SIDE, 1, 1) if plane else dict.fromkeys(cell.inputs, SIDE)
    sizes = {"input_size": SIDE, "hidden_size": SIDE}
    module = made(cell, **sizes, **{f"{v}_size": SIDE for v in cell.inputs[1:]})
    # A weight of few numbers tells its law in many draws.
    few = min(w.numel() for w in module.state_dict().values()) < SIDE
    got, want = {n: [] for n in module.state_dict()}, []
    for _ in range(32 if few else 1):
        module.reset_parameters()
        for n, w in module.state_dict().items():
            got[n].append(w.clone())
        want.append(RNN(cell, size, SIDE, backend="reference").state_dict().values())
    pairs = zip(got.items(), zip(*want, strict=True), strict=True)
    far = {n: d for (n, g), w in pairs if (d := distance(stacked(g), stacked(w))) > FAR}
    assert far == {}


def test_weights_that_start_from_others():
    module = made(CORNERS["starts"], input_size=4, hidden_size=6)
    assert torch.equal(module.bo, -module.bi)
    assert torch.allclose(module.Ui[1] @ module.Ui[1].T, torch.eye(3), atol=1e-6)
    assert torch.allclose(module.Vc[1] @ module.Vc[1].T, 4 * torch.eye(3), atol=1e-6)
    assert torch.equal(module.Wi[:, 0], torch.linspace(0, 1, 6) - 0.5)


NOISE = """
cell noisy(x; h, c)
    h' = dropout(x, 0.5) + 0 * (h + c)
    c' = zoneout(x, c, 0.25)
    needs X = H
"""


def test_noise_in_training_and_in_evaluation():
    torch.manual_seed(0)
    module = made(lang.parse_cell(NOISE), input_size=200, hidden_size=200)
    x = torch.ones(4, 5, 200)
    y, (_, c) = module(x)
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert not torch.equal(y[0], y[1])
    assert abs(y.mean() - 1) < 0.05
    _, (_, c) = module(x[:1], (x[0], 0 * x[0]))
    assert set(c.unique().tolist()) == {0.0, 1.0}
    assert abs(c.mean() - 0.75) < 0.05
    y, (_, c) = module.eval()(x[:1], (x[0], 0 * x[0]))
    assert torch.equal(y, x[:1])
    assert torch.equal(c, 0.75 * x[0])


def test_a_mask_of_a_matrix_is_one_for_the_whole_sequence():
    torch.manual_seed(0)
    cell = lang.parse_cell("cell a(x; h)\n    h' = dropout(W, 0.5) @ x + 0 * h\n")
    module = made(cell, input_size=50, hidden_size=60)
    y, _ = module(torch.ones(3, 2, 50))
    assert torch.equal(y[0], y[1])
    assert not torch.equal(y, module(torch.ones(3, 2, 50))[0])
    assert torch.allclose(module.eval()(torch.ones(1, 1, 50))[0][0, 0], module.W.sum(1))


def test_equal_arguments_of_min_share_the_slope():
    text = "cell a(x; h)\n    h' = min(x, 0 * h)\n    needs X = H\n"
    module = made(lang.parse_cell(text), input_size=3, hidden_size=3)
    x = torch.zeros(1, 1, 3, requires_grad=True)
    module(x)[0].sum().backward()
    assert x.grad.tolist() == [[[0.5, 0.5, 0.5]]]


@pytest.mark.parametrize(
    ("name", "sizes", "message"),
    [
        ("mut1", (3, 4), "mut1 needs X = H, got 3 and 4"),
        ("slstm", (3, 5), "2 heads cannot share hidden_size = 5"),
        ("corner_as_many", (3, 5), "its rounds are written out for hidden_size = 128, got 5"),
    ],
)
def test_sizes_that_the_cell_cannot_have(name, sizes, message):
    with pytest.raises(ValueError) as error:
        made(WRITTEN[name], input_size=sizes[0], hidden_size=sizes[1])
    assert str(error.value) == message


CALLS = {
    "unbatched": ("lstm", (5, 4), None, "x is [T, B, 4], T >= 1, got [5, 4]"),
    "no_step": ("lstm", (0, 3, 4), None, "x is [T, B, 4], T >= 1, got [0, 3, 4]"),
    "wide": ("lstm", (5, 3, 6), None, "x is [T, B, 4], T >= 1, got [5, 3, 6]"),
    "layers": (
        "lstm",
        (5, 3, 4),
        ((1, 3, 6), (1, 3, 6)),
        "state is [[3, 6], [3, 6]], got [[1, 3, 6], [1, 3, 6]]",
    ),
    "layer": ("gru", (5, 3, 4), (1, 3, 6), "state is [3, 6], got [1, 3, 6]"),
    "batch": ("gru", (5, 3, 4), (1, 6), "state is [3, 6], got [1, 6]"),
    "one_state": ("lstm", (5, 3, 4), ((3, 6),), "state is [[3, 6], [3, 6]], got [[3, 6]]"),
    "no_plane": (
        "corner_plane",
        (5, 3, 4),
        None,
        "x is [T, B, 4, height, width], T >= 1, got [5, 3, 4]",
    ),
}


def zeros(shape):
    return tuple(map(zeros, shape)) if isinstance(shape[0], tuple) else torch.zeros(shape)


@pytest.mark.parametrize("call", CALLS)
def test_calls_whose_result_would_have_another_shape(call):
    name, x, state, message = CALLS[call]
    module = made(WRITTEN[name], input_size=4, hidden_size=6)
    with pytest.raises(ValueError) as error:
        module(torch.zeros(x), state and zeros(state))
    assert str(error.value) == message


def test_a_further_input_that_does_not_fit():
    options = Options({"torch": 3, "self": 2}, 4)
    module = made(CORNERS["f"], options, input_size=3, hidden_size=4, self_size=2)
    with pytest.raises(ValueError) as error:
        module(torch.zeros(5, 3, 3), torch.zeros(4, 3, 2))
    assert str(error.value) == "self_ is [T, B, 2] as torch_ is, got [4, 3, 2]"


def test_a_plane_cannot_have_a_matrix_as_a_value():
    text = "cell a(x; h)\n    h' = conv(W, 3) @ x + outer(h, h) @ h\n"
    with pytest.raises(LanguageError, match="units in a plane"):
        export(lang.parse_cell(text), "torch")


def test_a_further_input_has_its_own_width():
    options = Options({"torch": 3, "self": 2}, 4)
    assert "def __init__(self, input_size, hidden_size, self_size):" in export(
        CORNERS["f"], "torch", options
    )


def test_widths_have_the_names_of_consts():
    text = export(LIBRARY["s6"], "torch")
    assert "self.Wl = nn.Parameter(torch.empty(self.rank, hidden_size))" in text
    assert "x.new_zeros(batch, self.hidden_size, self.N)" in text
    # Which of two consts of one value is meant nobody can tell.
    assert "nn.Parameter(torch.empty(hidden_size, 4))" in export(
        LIBRARY["fastgrnn_lowrank"], "torch"
    )
    names = lang.parse_cell("cell a(x; h)\n    const P = H\n    u: P = W @ x\n    h' = u + h\n")
    assert "self.P" not in export(names, "torch")


def test_a_const_that_is_a_quotient_is_a_width_all_the_same():
    text = "cell a(x; h: P)\n    const P = H / 2\n    h' = W @ x + U @ h\n"
    module = made(lang.parse_cell(text), input_size=3, hidden_size=6)
    assert module(torch.zeros(2, 1, 3))[0].shape == (2, 1, 3)


RESET = """\
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.Wl, self.Wb, self.Wc:
            nn.init.uniform_(weight, -bound, bound)
        nn.init.uniform_(self.Wd, -1 / math.sqrt(self.rank), 1 / math.sqrt(self.rank))
        nn.init.uniform_(self.bd, math.log(0.001), math.log(0.1))
        self.bd.copy_(torch.log(torch.exp(torch.exp(self.bd)) - 1))
        self.A.copy_(torch.log(1 + (self.N - 1) * ramp(len(self.A), self.A)[:, None]))
        nn.init.constant_(self.py, 1)
"""


def test_weights_are_drawn_once_and_numbers_are_plain():
    assert RESET in export(LIBRARY["s6"], "torch")


def test_a_start_that_python_would_stop_at():
    text = (
        "cell a(x; h)\n    h' = max(h, U @ x + bh)\n    init h = log(H - 1)\n    init bh = log(0)\n"
    )
    module = made(lang.parse_cell(text), input_size=1, hidden_size=1)
    assert module.bh.item() == module.start(torch.zeros(1, 1, 1)).item() == -torch.inf
