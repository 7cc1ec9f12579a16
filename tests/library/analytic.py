"""Functions for transcriptions that have a derivative along the imaginary axis, too.

Comparisons look at the real part, so that a complex step goes through the branch that is taken.
"""

import numpy as np


def relu(a):
    return np.where(a.real > 0, a, 0)


def leaky_relu(a, slope=0.01):
    return np.where(a.real > 0, a, slope * a)


def elu(a):
    return np.where(a.real > 0, a, np.exp(a) - 1)


def absolute(a):
    return np.where(np.real(a) < 0, -a, a)


def maximum(a, b):
    return np.where(np.real(a) >= np.real(b), a, b)


def minimum(a, b):
    return np.where(np.real(a) <= np.real(b), a, b)


def clip(a, low, high):
    return minimum(maximum(a, low), high)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def silu(a):
    return a * sigmoid(a)


def softplus(a):
    return np.log(1 + np.exp(a))


def layernorm(a, eps=1e-5):
    centred = a - np.mean(a)
    return centred / np.sqrt(np.mean(centred * centred) + eps)


def rmsnorm(a, eps=None):
    # torch's: the machine's epsilon, of the float64 that is tested.
    return a / np.sqrt(np.mean(a * a) + (np.finfo(np.float64).eps if eps is None else eps))


def block_diagonal(blocks):
    """[heads, rows, columns] as the whole matrix."""
    heads, rows, columns = blocks.shape
    whole = np.zeros((heads * rows, heads * columns), blocks.dtype)
    for k, b in enumerate(blocks):
        whole[k * rows : (k + 1) * rows, k * columns : (k + 1) * columns] = b
    return whole


def convolved(filters, planes):
    """Filters [out, in, k, k] over planes [in, height, width], 0 beyond the edge."""
    k = filters.shape[-1]
    height, width = planes.shape[1:]
    padded = np.pad(planes, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)))
    terms = [
        np.einsum("oi,ihw->ohw", filters[:, :, i, j], padded[:, i : i + height, j : j + width])
        for i in range(k)
        for j in range(k)
    ]
    return sum(terms)
