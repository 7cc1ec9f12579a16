"""What does not fit is said: the name at fault, what was expected and what came."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from cellsearch import RNN
from cellsearch.errors import ConfigError, LanguageError, ShapeError

torch.set_num_threads(1)

TWO_INPUTS = "cell two(x, v; h)\n    h' = tanh(W @ x + V @ v + U @ h)\n    param W, V, U\n"
x, v = torch.zeros(4, 3, 5), torch.zeros(3, 2)
state = torch.zeros(1, 3, 6)


def lstm(*args, **options):
    return RNN("lstm", 5, 6, **options)(*args)


def two(*args):
    return RNN(TWO_INPUTS, {"x": 5, "v": 2}, 6)(args)


def packed(tensor, lengths):
    return pack_padded_sequence(tensor, lengths, enforce_sorted=False)


def steps(lengths):
    return packed(torch.zeros(max(lengths), len(lengths), 2), lengths)


WRONG = {
    "expected an input of shape [T, B, 5] or [T, 5], got [4, 3, 7]": lambda: lstm(
        torch.zeros(4, 3, 7)
    ),
    "expected an input of shape [B, T, 5] or [T, 5], got [5]": lambda: lstm(
        torch.zeros(5), batch_first=True
    ),
    "expected packed sequences of [5] at each step, got [7]": lambda: lstm(
        packed(torch.zeros(4, 3, 7), [4, 1, 2])
    ),
    "expected at least one step, got [0, 3, 5]": lambda: lstm(torch.zeros(0, 3, 5)),
    "input 'x': expected a tensor or a PackedSequence, got NoneType": lambda: lstm(None),
    "input 'x': expected a tensor or a PackedSequence, got ndarray": lambda: lstm(x.numpy()),
    "input 'v': expected a tensor or a PackedSequence, got float": lambda: two(x, 1.5),
    "input 'x': expected device cpu, as the weights, got meta": lambda: lstm(x.to("meta")),
    "state 'c': expected device cpu, as the weights, got meta": lambda: lstm(
        x, (state, state.to("meta"))
    ),
    "expected the states (h, c), got int": lambda: lstm(x, 0),
    "state 'c': expected a tensor, got NoneType": lambda: lstm(x, (state, None)),
    "input 'x': expected torch.float32, as the weights, got torch.float64": lambda: lstm(
        x.double()
    ),
    "input 'x': expected torch.float32, as the weights, got torch.int64": lambda: lstm(x.long()),
    "state 'h': expected torch.float32, as the weights, got torch.float64": lambda: lstm(
        x, (state.double(), state)
    ),
    "expected the states (h, c), got 1 tensor": lambda: lstm(x, state),
    "expected the states (h, c), got 3 tensors": lambda: lstm(x, (state,) * 3),
    "state 'c': expected [1, 3, 6], got [1, 2, 6]": lambda: lstm(x, (state, state[:, :2])),
    "state 'h': expected [1, 6], got [1, 3, 6]": lambda: lstm(x[:, 0], (state, state)),
    "state 'h': expected [2, 3, 6], got [1, 3, 6]": lambda: lstm(
        x, (state, state), bidirectional=True
    ),
    "expected the inputs (x, v), got 1 tensor": lambda: two(x),
    "expected the inputs (x), got 2 tensors": lambda: lstm((x, v)),
    "input 'v': expected [4, 3, 2], or [3, 2] for the whole sequence, got [4, 2]": lambda: two(
        x, torch.zeros(4, 2)
    ),
    "input 'v': expected [4, 2], or [2] for the whole sequence, got [3]": lambda: two(
        x[:, 0], torch.zeros(3)
    ),
    "input 'v': expected a PackedSequence as the first, or [3, 2] for the whole sequence, got "
    "[4, 3, 2]": lambda: two(packed(x, [4, 1, 2]), torch.zeros(4, 3, 2)),
    "input 'v': its sequences have other lengths than the first input's": lambda: two(
        packed(x, [4, 1, 2]), steps([1, 4, 2])
    ),
    "input_size: expected the inputs x, v, got x": lambda: RNN(TWO_INPUTS, {"x": 5}, 6),
    "'two' has several inputs: input_size is {'x': …, 'v': …}, got 5": lambda: RNN(
        TWO_INPUTS, 5, 6
    ),
    "the size of the input 'v': expected a whole number of at least 1, got 0": lambda: RNN(
        TWO_INPUTS, {"x": 5, "v": 0}, 6
    ),
    "hidden_size: expected a whole number of at least 1, got 6.0": lambda: RNN("lstm", 5, 6.0),
    "num_layers: expected a whole number of at least 1, got 0": lambda: RNN("lstm", 5, 6, 0),
    "dropout: expected at least 0 and below 1, got 1.5": lambda: RNN("lstm", 5, 6, dropout=1.5),
    "dropout: expected at least 0 and below 1, got nan": lambda: lstm(dropout=float("nan")),
    "dropout: expected at least 0 and below 1, got None": lambda: lstm(dropout=None),
    "dtype: expected a floating point dtype, got torch.int32": lambda: lstm(dtype=torch.int32),
    "dtype: expected a floating point dtype, got 'float32'": lambda: lstm(dtype="float32"),
    "input_size is (channels, height, width), got (5, 2)": lambda: RNN("lstm", (5, 2), 6),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_call_says_what_is_wrong(message):
    with pytest.raises(ShapeError) as caught:
        WRONG[message]()
    assert str(caught.value) == message


def test_what_autocast_cannot_cast_is_refused():
    with torch.autocast("cpu", torch.bfloat16):
        assert lstm(x.bfloat16(), (state, state.bfloat16()))[0].isfinite().all()
        for wrong in (x.double(), x.long()):
            with pytest.raises(ShapeError, match=r"input 'x': expected torch\.float32"):
                lstm(wrong)


def test_a_shape_error_is_a_value_error():
    assert issubclass(ShapeError, ValueError)


def test_sizes_that_a_cell_cannot_have():
    needs = "cell skip(x; h)\n    needs X = H\n    h' = tanh(U @ h) + x\n    param U\n"
    with pytest.raises(LanguageError, match="'skip' needs X = H, got 5 and 6"):
        RNN(needs, 5, 6)
    heads = "cell heads(x; h)\n    h' = tanh(W @ x + block(U, 4) @ h)\n    param W, U\n"
    with pytest.raises(LanguageError, match="'U' is 6 x 6, which 4 heads cannot share"):
        RNN(heads, 5, 6)


def test_an_unknown_backend():
    with pytest.raises(ConfigError, match="unknown backend 'referense'; nearest is"):
        RNN("lstm", 5, 6, backend="referense")
