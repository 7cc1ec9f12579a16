"""The torch face: layers of any cell, and models made of them."""

from cellsearch.nn.rnn import RNN

__all__ = ["RNN"]
