"""What IPython asks a cell for, without IPython."""

import subprocess
import sys
from html import unescape
from xml.etree import ElementTree

import cellsearch
from cellsearch.derive.diagram import svg
from cellsearch.lang import print_cell

LSTM = cellsearch.load_cell("lstm_peephole")


def shown(cell):
    """As IPython's formatter does: the hook, called with what to take in and what to leave out."""
    return cell._repr_mimebundle_(include=None, exclude=None)


def test_a_cell_shows_its_equations_and_its_graph():
    found = shown(LSTM)
    assert found["text/plain"] == print_cell(LSTM)
    assert found["image/svg+xml"] == svg(LSTM)
    page = ElementTree.fromstring(f"<body>{found['text/html']}</body>")
    equations = page.find("div").text
    assert equations == found["text/latex"]
    assert equations.startswith("$$\\begin{aligned}\ni &= \\sigma(W_{\\mathrm{i}}")
    assert equations.count("\\\\\n") == 5
    assert page.find(".//{http://www.w3.org/2000/svg}title").text == "lstm_peephole"


def test_a_cell_that_is_wrong_shows_its_text_and_why():
    wrong = cellsearch.parse_cell("cell a(x; h)\n    h' = tanh(Wh @ x + Uh @ h + bz)\n")
    found = {kind: unescape(text) for kind, text in shown(wrong).items()}
    assert set(found) == {"text/plain", "text/html"}
    for text in found.values():
        assert "h' = tanh(Wh @ x + Uh @ h + bz)" in text
        assert "unknown name 'bz'" in text


def test_a_space_shows_its_text_and_why():
    space = cellsearch.parse_cell("cell a(x; h)\n    h' = tanh(Wh @ x) | relu(Wh @ x)\n")
    assert "a choice that is not decided" in shown(space)["text/plain"]


def test_cells_show_themselves_whatever_is_used_first_and_torch_waits():
    code = (
        "import sys; from cellsearch import Cell; "
        "print(hasattr(Cell, '_repr_mimebundle_'), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True False"
