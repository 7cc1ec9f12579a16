"""Cells drawn: nothing covers anything else, nothing is lost, and what stands there is right."""

import random
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.ft2font import FT2Font

from cellsearch.derive.diagram import svg
from cellsearch.derive.diagram.figure import ENDS, OPERATIONS
from cellsearch.derive.diagram.layout import laid_out
from cellsearch.derive.diagram.metrics import wrapped
from cellsearch.derive.diagram.page import page
from cellsearch.derive.diagram.reading import read
from cellsearch.derive.diagram.words import plain, text
from cellsearch.errors import LanguageError
from cellsearch.lang import load_cell, names, parse_cell
from cellsearch.testing.cells import random_cell

SVG = "{http://www.w3.org/2000/svg}"
SEEDS = range(8)
CONDITIONED = "cell conditioned(x, v; h)\n    h' = tanh(Wh @ x + Vh @ v + Uh @ h + bh)\n"


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other):
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def cell_of(which):
    if isinstance(which, int):
        return parse_cell(random_cell(random.Random(which)))
    return load_cell(which)


@cache
def layout_of(which):
    return laid_out(read(cell_of(which)))


@cache
def picture_of(which):
    return ElementTree.fromstring(page(cell_of(which), layout_of(which)))


def boxes(layout):
    """What each item covers on the page: boxes as they are drawn, circles, names at the ends."""
    for item, shape, at in items(layout):
        half = 0 if item.kind in OPERATIONS else shape.tall / 2
        above, below = (half, half) if half else (shape.above - 10, shape.below - 10)
        above, below = (8, 8) if item.kind in ENDS else (above, below)
        yield Box(at.x, at.y - above, at.x + shape.wide, at.y + below)


def items(layout):
    rows = zip(layout.figure.items, layout.shapes, strict=True)
    return [(item, shape, layout.at[i]) for i, (item, shape) in enumerate(rows)]


def segments(layout):
    """The straight parts of all lines, each with its item."""
    for w in layout.wires:
        points = [w.start, *w.ends]
        ups = [p.y for p in points]
        if min(ups) < max(ups):
            yield w.net, Box(w.turn, min(ups), w.turn, max(ups))
        for p in points:
            yield w.net, Box(min(p.x, w.turn), p.y, max(p.x, w.turn), p.y)


def upon_each_other(lines):
    """Pairs of items whose lines share more than a point."""
    tracks = defaultdict(list)
    for net, line in lines:
        flat = line.top == line.bottom
        start, end = (line.left, line.right) if flat else (line.top, line.bottom)
        tracks[flat, line.top if flat else line.left].append((start, end, net))
    pairs = [pair for track in tracks.values() for pair in combinations(track, 2)]
    return [(m, n) for (a, b, m), (c, d, n) in pairs if m != n and a < d and c < b]


everything = pytest.mark.parametrize(
    "which", [*names(), *SEEDS, CONDITIONED], ids=lambda which: str(which).partition("(")[0]
)


@everything
def test_nothing_covers_anything_else(which):
    layout = layout_of(which)
    covered = list(boxes(layout))
    assert not [(a, b) for a, b in combinations(covered, 2) if a.meets(b)]
    lines = list(segments(layout))
    assert not [line for _, line in lines if any(b.meets(line) for b in covered)]
    assert not upon_each_other(lines)


@everything
def test_lines_run_to_the_right_from_what_is_read_to_what_reads_it(which):
    layout = layout_of(which)
    for w in layout.wires:
        assert w.start.x <= w.turn <= min(p.x for p in w.ends)
    for i, (item, shape, at) in enumerate(items(layout)):
        for inlet, pin in zip(item.inlets, shape.pins, strict=True):
            arrivals = {(p.x, p.y) for w in layout.wires if w.net == inlet.source for p in w.ends}
            goal = (at.x, at.y + pin)
            if item.kind == "output":
                goal = next(p for p in arrivals if p[1] == layout.at[i].y + 12)
            assert goal in arrivals
    starts = {w.net for w in layout.wires}
    assert starts == {k.source for item in layout.figure.items for k in item.inlets}


@everything
def test_the_picture_stands_alone_and_holds_everything(which):
    picture = picture_of(which)
    _, _, wide, tall = map(float, picture.get("viewBox").split())
    assert picture.get("role") == "img"
    assert picture.find(f"{SVG}title").text == cell_of(which).name
    assert picture.find(f"{SVG}desc").text.count(" = ") >= len(cell_of(which).states)
    for e in picture.iter():
        assert e.tag.removeprefix(SVG) not in ("script", "style", "image", "use", "a", "font-face")
        assert not {"id", "href", "class"} & set(e.attrib)
        for key, limit in (("x", wide), ("cx", wide), ("y", tall), ("cy", tall)):
            assert 0 <= float(e.get(key, 0)) <= limit
    for box in boxes(layout_of(which)):
        assert box.left >= 0 and box.top >= 0 and box.right <= wide and box.bottom <= tall


# The fonts at both ends of the list that the picture asks for.
FONTS = {
    name: [
        FT2Font(str(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}{style}.ttf")))
        for style in styles
    ]
    for name, styles in {"STIXGeneral": ("", "Italic"), "DejaVuSerif": ("", "-Italic")}.items()
}


@cache
def advance(font, slanted, character):
    face = FONTS[font][slanted]
    if not face.get_char_index(ord(character)):
        face = FONTS["DejaVuSerif"][0]
    face.set_size(100, 72)
    return face.load_char(ord(character)).linearHoriAdvance / 65536 / 100


def extent(font, element):
    """From where to where a text reaches on the page."""
    size = float(element.get("font-size"))
    wide = sum(
        advance(font, span.get("font-style") == "italic", c) * float(span.get("font-size", size))
        for span in element
        for c in span.text
    )
    x = float(element.get("x"))
    left = x if element.get("text-anchor") == "start" else x - wide / 2
    return left, left + wide


@pytest.mark.parametrize("font", FONTS)
def test_words_stay_in_their_boxes(font):
    for which in names():
        rects = list(boxes(layout_of(which)))
        for element in picture_of(which).iter(f"{SVG}text"):
            left, right = extent(font, element)
            x, y = (left + right) / 2, float(element.get("y")) - 3
            for box in rects:
                if box.meets(Box(x, y, x, y)):
                    assert box.left <= left and right <= box.right, (which, text_of(element))
            assert right <= float(picture_of(which).get("width")), (which, text_of(element))


def text_of(element):
    return "".join(span.text for span in element)


def read_as(lines, states="h"):
    """What is read from equations: for each item what it is, says and is entered by."""
    cell = parse_cell(f"cell a(x; {states})\n" + "".join(f"    {li}\n" for li in lines))
    figure = read(cell)
    called = [text(i.name) or text(i.sign) or text(i.text) for i in figure.items]
    return [
        (item.kind, called[k], text(item.text), [called[i.source] for i in item.inlets])
        for k, item in enumerate(figure.items)
        if item.kind not in ENDS
    ]


def marks(lines, kind):
    """What is written at the inlets of the one item of a kind."""
    cell = parse_cell("cell a(x; h)\n" + "".join(f"    {li}\n" for li in lines))
    (item,) = [i for i in read(cell).items if i.kind == kind]
    return [text(i.mark) for i in item.inlets]


def test_an_lstm_is_read_as_its_paper_draws_it():
    figure = read(load_cell("lstm"))
    counted = Counter(item.kind for item in figure.items)
    ends = {"state": 2, "new state": 2, "input": 1, "output": 1}
    assert counted == {**ends, "gate": 3, "activation": 2, "times": 3, "plus": 1}
    gates = {text(i.name): (text(i.sign), text(i.text)) for i in figure.items if i.kind == "gate"}
    assert gates == {g: ("σ", f"W{g} x + U{g} h + b{g}") for g in "ifo"}


GATES = ["z = sigmoid(Wz @ x + Uz @ h)", "n = tanh(Wn @ x + Un @ h)"]
BLENDS = {
    "(1 - z) * h + z * n": ["1 − z", "z", ""],
    "n * z + h * (1 - z)": ["1 − z", "z", ""],
    "z * n + (1 - z) * h": ["1 − z", "z", ""],
    "h + z * (n - h)": ["1 − z", "z", ""],
    "z * n + 0.5 * (1 - z) * h": ["0.5 (1 − z)", "z", ""],
}


@pytest.mark.parametrize("blend", BLENDS)
def test_interpolations_are_one_symbol(blend):
    assert marks([*GATES, f"h' = {blend}"], "mix") == BLENDS[blend]


@pytest.mark.parametrize("other", ["(1 - z) * h + n * n", "(2 - z) * h + z * n", "h + z * (h - n)"])
def test_what_is_no_interpolation_is_drawn_as_it_is(other):
    assert "mix" not in {kind for kind, *_ in read_as([*GATES, f"h' = {other}"])}


READINGS = {
    "2 * sigmoid(Wh @ x + Uh @ h)": [("gate", "2 σ", "Wh x + Uh h", ["x", "h"])],
    "tanh(h) + Wh @ x": [
        ("activation", "tanh", "", ["h"]),
        ("linear", "tanh(h) + Wh x", "tanh(h) + Wh x", ["tanh", "x"]),
    ],
    "tanh(conv(Wh, 3) @ x + conv(Uh, 3) @ h)": [
        ("activation", "tanh", "Wh ∗ x + Uh ∗ h", ["x", "h"])
    ],
    "exp(-h) * Wh @ x": [
        ("function", "exp(−h)", "exp(−h)", ["h"]),
        ("linear", "Wh x", "Wh x", ["x"]),
        ("times", "⊙", "", ["exp(−h)", "Wh x"]),
    ],
    "zoneout(Wh @ x, h, 0.1)": [
        ("linear", "Wh x", "Wh x", ["x"]),
        ("noise", "zoneout(Wh x, h, 0.1)", "zoneout(Wh x, h, 0.1)", ["Wh x", "h"]),
    ],
    "min(Wh @ x, h)": [
        ("linear", "Wh x", "Wh x", ["x"]),
        ("other", "min", "", ["Wh x", "h"]),
    ],
    "zoneout(Wh @ x + Uh @ h + bh, h, 0.1)": [
        ("linear", "Wh x + Uh h + bh", "Wh x + Uh h + bh", ["x", "h"]),
        ("noise", "zoneout(·, h, 0.1)", "zoneout(·, h, 0.1)", ["Wh x + Uh h + bh", "h"]),
    ],
}


@pytest.mark.parametrize("value", READINGS)
def test_readings(value):
    assert read_as([f"h' = {value}"]) == READINGS[value]


def test_signs_and_factors_stand_at_their_inlets():
    assert marks(["h' = 0.5 * h - tanh(Wh @ x)"], "plus") == ["0.5", "−"]
    assert marks(["a = Wa @ x", "h' = (h + a) / (1 + h * a)"], "over") == ["", "÷"]


def test_a_minus_is_as_dark_as_the_sum_and_nearly_as_large():
    shown = {text_of(e): e for e in picture_of("deltanet").iter(f"{SVG}text")}
    minus, plus = shown["−"], shown["+"]
    assert minus.get("fill") == plus.get("fill")
    assert float(minus.get("font-size")) >= float(plus.get("font-size")) - 1


def test_products_of_matrices_with_what_changes_are_told_apart():
    found = read_as(
        ["k = Wk @ x", "S' = S + outer(k - S @ k, k)", "y = S' @ k", "output y"], "S: (H, H)"
    )
    products = [(said, inlets) for kind, _, said, inlets in found if kind == "product"]
    assert products == [("S k", ["S", "k"]), ("(k − S k) kᵀ", ["+", "k"]), ("S′ k", ["+", "k"])]


def test_a_sum_without_a_matrix_is_told_from_a_product_with_weights():
    kinds = Counter(kind for kind, *_ in read_as(["a = Wa @ x", "h' = ph * h + a + bh"]))
    assert (kinds["linear"], kinds["sum"]) == (1, 1)
    boxes_of = {text(i.name): i.kind for i in layout_of("lnlstm_ba").figure.items}
    assert (boxes_of["hi"], boxes_of["mh"]) == ("linear", "sum")


def height_of(layout, kind):
    return {text(i.name): at.y for i, _, at in items(layout) if i.kind == kind}


RAILS = ["lstm", "gru", "mgu", "rhn", "qrnn", "ugrnn", "slstm", "mlstm", "deltanet", "fslstm"]


@pytest.mark.parametrize("which", RAILS)
def test_a_state_that_is_carried_on_is_a_straight_line(which):
    layout = layout_of(which)
    old, new = height_of(layout, "state"), height_of(layout, "new state")
    carried = {w.start.y for w in layout.wires if w.rail and w.rail.y == w.start.y}
    straight = [s for s, y in old.items() if new.get(f"{s}′") == y and y in carried]
    assert len(straight) >= {"slstm": 3, "mlstm": 3, "fslstm": 4, "lstm": 2}.get(which, 1)


def test_delays_are_lines_of_their_own():
    layout = layout_of("taugru")
    assert set(height_of(layout, "state")) == {"h", "h′−2", "h′−3", "h′−4"}
    assert set(height_of(layout, "new state")) == {"h′", "→ h′−2", "→ h′−3", "→ h′−4"}
    cell = parse_cell("cell a(x; h)\n    h' = delay(sigmoid(Uh @ h) * h, 2) + Wh @ x\n")
    names_of = [text(i.name) for i in read(cell).items if i.kind in ("state", "new state")]
    assert names_of == ["h", "(·)−1", "(·)−2", "h′", "→ (·)−1", "→ (·)−2"]


def test_names_of_weights_alone_are_said_below():
    notes = [text(n) for n in layout_of("unicornn").figure.notes]
    assert notes == ["s = 0.1 σ(ps)"]
    said = {text_of(e) for e in picture_of("unicornn").iter(f"{SVG}text")}
    assert said >= set(notes)
    assert layout_of("lstm").figure.notes == ()


def test_the_legend_names_what_occurs():
    said = {text_of(e) for e in picture_of("rnn").iter(f"{SVG}text")}
    assert "activation" in said
    assert not {"gate", "sum", "noise"} & said


def test_what_nobody_could_look_at_is_not_drawn():
    rounds = "    repeat k = 1..500\n        s[k] = s[k - 1] + tanh(W[k] @ s[k - 1])\n"
    cell = parse_cell(f"cell a(x; h)\n    s[0] = h\n{rounds}    h' = s[500] + Wh @ x\n")
    with pytest.raises(LanguageError, match="'a' has 1005 parts, more than 1000 to draw"):
        svg(cell)


PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.mark.parametrize("path", sorted(PICTURES.rglob("*.svg")), ids=lambda p: p.stem)
def test_pictures_of_the_documents_are_what_is_drawn_now(path):
    assert path.read_text("utf-8") == page(load_cell(path.stem), layout_of(path.stem))


def gates_of(lines):
    return [called for kind, called, *_ in read_as(lines) if kind == "gate"]


def test_a_sigmoid_that_is_a_states_whole_value_is_no_gate():
    assert gates_of(["h' = sigmoid(Wh @ x + Uh @ h)"]) == []
    assert gates_of(["z = sigmoid(Wz @ x)", "h' = z * h"]) == ["z"]


def test_a_gate_is_told_by_its_values():
    cut = "z = min(max(0.2 * (Wz @ x) + 0.5, 0), 1)"
    assert gates_of([cut, "h' = z * h"]) == ["z"]
    assert gates_of([cut.replace(", 1)", ", 2)"), "h' = z * h"]) == []


def test_what_a_gate_leaves_is_a_gate():
    gate = "i = sigmoid(Wi @ x)"
    assert gates_of([gate, "f = 1 - i", "h' = f * h + i * Wh @ x"]) == ["i", "f"]
    assert gates_of([gate, "h' = min(1 - i, Wh @ x) * h"]) == ["i", "1 −"]
    assert gates_of(["n = tanh(Wn @ x)", "h' = min(1 - n, Wh @ x) * h"]) == []


def test_what_an_interpolation_is_between_is_no_gate():
    blend = "h' = h + sigmoid(Wz @ x) * (sigmoid(Wn @ x) - h)"
    said = {said: kind for kind, _, said, _ in read_as([blend])}
    assert (said["Wz x"], said["Wn x"]) == ("gate", "activation")


def test_a_sign_is_no_box_of_its_own():
    texts = {text(item.text) for item in read(load_cell("s6")).items}
    assert "exp(−(·))" in texts and "−(·)" not in texts


def test_lines_are_broken_outside_brackets_where_they_can_be():
    words = plain("mean((a − b)²) + mean((c − d)²)")
    lines = [text(line) for line in wrapped(words, 12, 100)]
    assert lines == ["mean((a − b)²)", " + mean((c − d)²)"]
    lines = [text(line) for line in wrapped(plain("mean(aaaaaaaa − bbbbbbbb)"), 12, 90)]
    assert lines == ["mean(aaaaaaaa", " − bbbbbbbb)"]
