"""What every list of ablations has to be, over the library; and what some lists have to hold."""

import numpy as np
import pytest

from cellsearch.derive.ablations import derived, placebo
from cellsearch.derive.ablations.authored import Authored
from cellsearch.derive.ablations.candidates import candidates
from cellsearch.derive.ablations.looked_at import Looked
from cellsearch.derive.mirror import prove_mirror
from cellsearch.derive.normal.gauge import IDENTICAL, MIRROR
from cellsearch.derive.relations import relate
from cellsearch.ir import elaborate
from cellsearch.ir.cell import values
from cellsearch.ir.evaluate import evaluate
from cellsearch.ir.expressions import Call
from cellsearch.ir.ops import NOISE, NORMS
from cellsearch.lang import edit_cell, library, load_cell, parse_cell, print_cell

# Gates, delays, noise, scalars, starts, a transpose; rounds and blocks are slower.
SAMPLE = (
    *("lstm_b", "gru", "fastgrnn", "antisymmetric", "indrnn", "irnn", "minlstm", "mingru"),
    *("scrn", "trnn"),
)
REST = [pytest.param(n, marks=pytest.mark.slow) for n in library() if n not in SAMPLE]
H = X = 24


@pytest.fixture(scope="module")
def lists():
    """The lists of cells, each derived once."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = derived(load_cell(name), library=False)
        return known[name]

    return of


def text(cell, grade):
    """Equal for two cells that are the same in a grade."""
    return Looked(cell).side.written(grade).text


def outputs(cell, scale, seed=0):
    """The outputs at random weights; inputs of one sequence times `scale`."""
    rng = np.random.default_rng(seed)
    graph = elaborate(cell, {"H": H, "X": X})
    sizes = graph.sizes(dict.fromkeys(graph.inputs, X), H)
    weights = {n: 0.4 * rng.standard_normal(w.shape(sizes)) for n, w in graph.weights.items()}
    plane = (3, 3) if any(n.op == "conv" for n in graph.nodes) else ()
    inputs = {n: scale * rng.standard_normal((6, X, *plane)) for n in graph.inputs}
    return evaluate(cell, weights, inputs, H)[0]


@pytest.mark.parametrize("name", [*SAMPLE, *REST])
def test_what_is_listed(lists, name):
    base, found = load_cell(name), lists(name).ablations
    assert found
    assert len({a.name.lower() for a in found}) == len(found)
    for a in found:
        # The edits, as they would stand in a file, are the ablation.
        assert edit_cell(base, "\n".join(a.edits)) == a.cell
        assert parse_cell(print_cell(a.cell)) == a.cell
        assert text(a.cell, IDENTICAL) != text(base, IDENTICAL)
        assert not np.allclose(outputs(a.cell, 1.0), outputs(a.cell, 1.5), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("name", [*SAMPLE, *REST])
def test_no_two_are_the_same(lists, name):
    for grade in (IDENTICAL, MIRROR):
        texts = [text(a.cell, grade) for a in lists(name).ablations]
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", [*SAMPLE, *REST])
def test_the_placebo_is_a_mirror_that_starts_elsewhere(lists, name):
    base, found = load_cell(name), lists(name).ablations
    mirrors = [a for a in found if text(a.cell, MIRROR) == text(base, MIRROR)]
    assert mirrors == [a for a in found if a.kind == "placebo"]
    assert mirrors in ([], [found[-1]])
    for a in mirrors:
        prove_mirror(a.cell, base, a.negate)
        # Some weight that is drawn.
        assert any(n[0].isupper() or n[0] == "p" for n in a.negate)


PUBLISHED = [
    # Greff et al. 2017.
    ("lstm_peephole", "i_1", "greff_nig"),
    ("lstm_peephole", "f_1", "greff_nfg"),
    ("lstm_peephole", "o_1", "greff_nog"),
    ("lstm_peephole", "g_no_tanh", "greff_niaf"),
    ("lstm_peephole", "h_no_tanh", "greff_noaf"),
    ("lstm_peephole", "f_1-i", "greff_cifg"),
    ("lstm_peephole", "no_peepholes", "greff_np"),
    pytest.param("greff_fgr", "no_inner_terms", "lstm_peephole", marks=pytest.mark.slow),
    # Jozefowicz et al. 2015.
    ("lstm", "i_1", "lstm_i"),
    ("lstm", "f_1", "lstm_f"),
    ("lstm", "o_1", "lstm_o"),
    ("lstm_b", "bf_default", "lstm"),
]


@pytest.mark.parametrize(("base", "name", "published"), PUBLISHED)
def test_the_lists_hold_what_was_published(lists, base, name, published):
    (cell,) = [a.cell for a in lists(base).ablations if a.name == name]
    assert relate(cell, load_cell(published)).grade == "identical"


NORMED = """cell normed(x; h)
    a  = layernorm(W @ x)
    b  = layernorm(U @ h)
    h' = tanh(a + b)
"""

# A gate that is read a step later, one within an equation, a product of products.
MIXED = """cell mixed(x; h)
    i  = sigmoid(Wi @ x + bi)
    p  = relu(W @ x * R @ delay(i, 1))
    h' = tanh(i * p + sigmoid(V @ x) + U @ h)
"""

# Gates of their own for what is carried and what is taken in, and a weight that all rounds share.
HIGHWAY = """cell highway(x; h)
    const depth = 2
    s[0] = h
    repeat k = 1..depth
        t[k] = sigmoid(Rt[k] @ s[k - 1] + bt[k])
        c[k] = sigmoid(Rc[k] @ s[k - 1] + bc[k])
        u[k] = tanh(Ru[k] @ s[k - 1] + W @ x)
        s[k] = t[k] * u[k] + c[k] * s[k - 1]
    h' = s[depth]
"""

# A cell, the kind and the phrase of one of its ablations, and the edits that make it.
DERIVED = [
    (MIXED, "gate", "gate i held at 1", ["i: H = 1"]),
    (MIXED, "gate", "gate sigmoid(V @ x) in h' held at 0", ["h' = tanh(i * p + U @ h)"]),
    (MIXED, "term", "sum for product in p", ["p = relu(W @ x + R @ delay(i, 1))"]),
    ("rhn", "gate", "gate t held at 1", ["t[1] = 1", "repeat k = 2..depth\n    t[k] = 1"]),
    ("greff_cifg", "gate", "gate f held at 1", ["f = 1"]),
    ("lstm_b", "coupling", "gates coupled: i = 1 - f", ["i = 1 - f"]),
    (HIGHWAY, "coupling", "gates coupled: t = 1 - c", ["repeat k = 1..depth\n    t[k] = 1 - c[k]"]),
    (HIGHWAY, "bias", "bias bt gone", ["repeat k = 1..depth\n    bt[k] = 0"]),
    ("rhn", "order", "interpolation in s flipped", None),
    ("gru_chung", "order", "r after the product in n", ["n = tanh(Wn @ x + r * Un @ h + bn)"]),
    ("gru_v3", "order", "r after the product in n", None),
    ("gru", "order", "r before the product in n", ["n = tanh(Wn @ x + bn + Un @ (r * h) + cn)"]),
    ("rnn", "activation", "tanh in h' gone", ["h' = Wh @ x + Uh @ h + bh"]),
    (NORMED, "activation", "all norms gone", ["a = W @ x", "b = U @ h"]),
    ("qrnn", "term", "input term Vf gone", ["Vf = 0"]),
    ("rhn", "term", "recurrent term Ru gone", ["Ru[1] = 0", "repeat k = 2..depth\n    Ru[k] = 0"]),
    ("lstm_peephole", "weight", "peephole po gone", ["po = 0"]),
    ("indrnn", "weight", "diagonal weight ph gone", ["ph = 0"]),
    ("gru", "bias", "bias cn gone", ["cn = 0"]),
    ("qrnn_zoneout", "noise", "zoneout in c' gone", None),
    ("rhn", "start", "initial bt to its default", ["init bt = default"]),
    ("slstm", "start", "state m starts at 0", ["init m = default"]),
    ("gru", "placebo", "interpolation in h' flipped", ["h' = z * n + (1 - z) * h"]),
    ("lstm", "placebo", "a term of c' with its other sign", ["c' = f * c - i * g"]),
]


@pytest.mark.parametrize(("cell", "kind", "what", "edits"), DERIVED)
def test_what_is_derived(lists, cell, kind, what, edits):
    (found,) = [a for a in lists(cell).ablations if a.what == what]
    assert found.kind == kind
    assert edits is None or list(found.edits) == edits


# Several calls in one line, one of them within another.
NOISY = """cell noisy(x; h)
    z  = sigmoid(dropout(Wz, 0.1) @ x + dropout(Uz, 0.1) @ h)
    n  = tanh(Wn @ x + Un @ dropout(h, 0.2))
    h' = zoneout(dropout(z * h, 0.1) + (1 - z) * n, h, 0.1)
"""
GROUPS = {"no_norms": NORMS, "no_noise": NOISE}


@pytest.mark.parametrize("cell", [load_cell(NOISY), *library().values()], ids=lambda c: c.name)
def test_what_is_all_gone_is_gone(cell):
    authored = Authored(cell, elaborate(cell, {"H": H, "X": X}))
    for c in candidates(authored):
        if c.name in GROUPS:
            left = values(edit_cell(cell, list(c.edits)))
            assert not any(isinstance(e, Call) and e.function in GROUPS[c.name] for e in left)


def test_all_noise_is_more_than_the_noise_of_one_line():
    line = "h' = zoneout(tanh(dropout(W, 0.2) @ x + dropout(U, 0.1) @ h), h, 0.1)"
    found = derived(parse_cell(f"cell a(x; h)\n    {line}"), library=False).ablations
    (group,) = [a for a in found if a.name == "no_noise"]
    assert group.edits == ("h' = tanh(W @ x + U @ h)",)


DROPPED = [
    ("lstm", "i = 0", "the output is always 0"),
    ("lstm", "i = 1 - f", "a mirror of f_1-i"),
    # The smaller of 1 - f and a gate.
    ("lamb", "f = 1", "the output is always 0"),
    (MIXED, "R = 0", "the same cell as i_0"),
    ("sru_v1", "f = 1", "the state c is always 0"),
    ("jordan", "h = 1", "refused: the edit leaves 'jordan' without a state that is read"),
]


@pytest.mark.parametrize(("cell", "edit", "why"), DROPPED)
def test_what_is_dropped_and_why(lists, cell, edit, why):
    (found,) = [d for d in lists(cell).dropped if d.edits == (edit,)]
    assert found.why == why


def test_a_cell_that_does_not_depend_on_its_input_is_dropped(lists):
    (found,) = [d for d in lists("lstm").dropped if d.name == "no_input_terms"]
    assert found.why == "the output does not depend on the input"


def test_what_no_longer_recurs_is_marked(lists):
    assert [a.name for a in lists("rnn").ablations if not a.recurrent] == ["Uh_0"]
    # What a delay remembers of the input is no recurrence.
    assert [a.name for a in lists("qrnn").ablations if not a.recurrent] == ["f_0"]


def test_the_order_of_the_list(lists):
    kinds = list(dict.fromkeys(a.kind for a in lists("lstm_b").ablations))
    assert kinds == ["gate", "coupling", "activation", "term", "bias", "start", "placebo"]


def test_what_an_ablation_is_besides():
    by_name = {a.name: a.equals for a in derived(load_cell("gru")).ablations}
    found = {(e.name, e.where, e.grade) for e in by_name["n_r_before"]}
    assert ("gru_v3", "library", "other_parameters") in found
    (flipped,) = by_name["h_flipped"]
    assert (flipped.where, flipped.grade) == ("base", "mirror")


def test_an_ablation_that_starts_elsewhere_says_so(lists):
    (found,) = [a for a in lists("lstm_b").ablations if a.name == "bf_default"]
    assert [(e.where, e.grade) for e in found.equals] == [("base", "other_start")]
    (coupled,) = [a for a in lists("lstm_b").ablations if a.name == "i_1-f"]
    assert [(e.name, e.grade) for e in coupled.equals] == [("f_1-i", "other_start")]


@pytest.mark.parametrize("name", ["lstm", "gru", "rhn", "irnn"])
def test_a_placebo_alone_is_that_of_the_list(lists, name):
    assert placebo(load_cell(name)).edits == lists(name).ablations[-1].edits


def test_a_mirror_that_would_train_alike_is_no_placebo(lists):
    # Of IRNN the recurrent matrix starts as I and the bias at 0: W alone is drawn.
    assert lists("irnn").ablations[-1].negate == ("Wh",)


@pytest.mark.parametrize(
    ("letter", "name"),
    [("β", "beta"), ("ά", "alpha"), ("ϕ", "phi"), ("ς", "sigma"), ("ϼ", "rho")],
)
def test_names_are_legal(letter, name):
    cell = parse_cell(f"cell a(x; h)\n    h' = tanh(W @ x + Ώ @ h + {letter})\n    param {letter}")
    found = {a.name for a in derived(cell, library=False).ablations}
    assert {f"{name}_0", "Omega_0"} <= found


LEARNED = """cell begun(x; h, c)
    f  = sigmoid(Wf @ x + Uf @ h + pf * c)
    o  = sigmoid(Wo @ x + po * c')
    c' = f * c + tanh(Wc @ x)
    h' = o * tanh(c')
    init c = learned
    init h = learned
"""


PAIRS = """cell pairs(x; h)
    const depth = 3
    u[1] = tanh(layernorm(W @ x) + layernorm(R[1] @ h))
    repeat k = 2..depth
        u[k] = tanh({})
    h' = u[depth] * sigmoid(Uh @ h)
"""
LATER = "layernorm(R[k] @ u[k - 1]) + layernorm(V[k] @ x)"


def test_parts_of_rounds_are_one_component_if_they_differ_in_indices_alone(lists):
    found = {a.what: a.edits for a in lists(PAIRS.format(LATER)).ablations}
    first = "layernorm of {} in u gone"
    assert found[first.format("W @ x")] == ("u[1] = tanh(W @ x + layernorm(R[1] @ h))",)
    assert found[first.format("V[k] @ x")][0].endswith("layernorm(R[k] @ u[k - 1]) + V[k] @ x)")
    assert len(found["tanh in u gone"]) == 2
    alike = lists(PAIRS.format(LATER).replace("W @", "V[1] @"))
    (both,) = [a for a in alike.ablations if a.what == first.format("V[1] @ x")]
    assert len(both.edits) == 2


def test_gates_of_two_rounds_are_both_named(lists):
    rounds = PAIRS.format("sigmoid(R[k] @ u[k - 1])").replace("layernorm(W @ x)", "sigmoid(W @ x)")
    (gates,) = [d for d in lists(rounds).dropped if d.name == "u_gate_1"]
    assert gates.what == "gate sigmoid(W @ x) and sigmoid(R[k] @ u[k - 1]) in u held at 1"


def test_a_state_whose_start_is_learned_is_no_weight(lists):
    found = lists(LEARNED)
    assert {a.name: a.edits for a in found.ablations}["no_peepholes"] == ("pf = 0", "po = 0")
    assert not any("peephole h " in d.what or "peephole c " in d.what for d in found.dropped)


def test_a_probability_may_depend_on_sizes(lists):
    cell = "cell a(x; h)\n    const p = 1 / H\n    h' = tanh(W @ x + U @ dropout(h, p))"
    assert [a.edits for a in lists(cell).ablations if a.kind == "noise"] == [
        ("h' = tanh(W @ x + U @ h)",)
    ]


def test_a_placebo_negates_no_weight_that_adds_nothing():
    cell = parse_cell(
        "cell a(x; h)\n    g = delay(x, 1) - delay(x, 1)\n    h' = tanh(W @ x + V @ g + U @ h)"
    )
    found = placebo(cell)
    assert found.negate == ("U",)
    prove_mirror(found.cell, cell, found.negate)


def test_a_gate_written_out_by_hand_is_found():
    cell = parse_cell("cell a(x; h)\n    f  = sigmoid(Wf @ x + bf)\n    h' = f * h + W @ x")
    assert {"f_1", "f_0"} <= {a.name for a in derived(cell, library=False).ablations}


# A gate of tanh, one of two gates, and values that are no gates: above 1, below 1, of no product.
UNSPELT = """cell unspelt(x; h)
    k  = zoneout((1 + tanh(Wk @ x + Uk @ h)) / 2, 0, 0.1)
    r  = k * sigmoid(Wr @ x)
    m  = 1 + tanh(Wm @ x)
    s  = 0.5 * sigmoid(Ws @ x)
    t  = exp(-exp(Wt @ x))
    h' = k * h + (1 - k) * r * (m * (U @ h) + s * tanh(t))
"""


def test_what_weighs_from_0_to_1_is_a_gate_however_it_is_written(lists):
    found = lists(UNSPELT)
    said = [x.what for x in (*found.ablations, *found.dropped)]
    held = {w.removeprefix("gate ").removesuffix(" held at 1") for w in said if "held at 1" in w}
    assert held == {"k", "r", "sigmoid(Wr @ x) in r", "sigmoid(Ws @ x) in s"}
    # What makes a gate is none of its activations. Noise in one is noise.
    assert [w for w in said if w.startswith("tanh")] == ["tanh in m gone", "tanh in h' gone"]
    assert "zoneout in k gone" in said


@pytest.mark.parametrize(
    ("cell", "edits"),
    [
        ("sgu", ("z = 1",)),
        ("lstm_chrono", ("f = 1", "init bi = -log(uniform(1, tmax - 1))")),
        ("lstm_chrono", ("bf = 0", "init bi = -log(uniform(1, tmax - 1))")),
    ],
)
def test_what_the_lists_of_the_library_have_too(lists, cell, edits):
    assert edits in [a.edits for a in lists(cell).ablations]


def test_a_weight_that_rounds_share_is_taken_away_once(lists):
    (found,) = [d for d in lists(HIGHWAY).dropped if d.name == "W_0"]
    assert found.edits == ("W = 0",)
    assert found.why == "the output is always 0"
