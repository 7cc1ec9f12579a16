"""The functions of the language in torch, and the few that a file has to define itself."""

from __future__ import annotations

# Each has the language's meaning, gradients included.
FUNCTIONS = {
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "relu": "torch.relu",
    "leaky_relu": "F.leaky_relu",
    "elu": "F.elu",
    "gelu": "F.gelu",
    "silu": "F.silu",
    "softplus": "F.softplus",
    "softsign": "F.softsign",
    "hard_sigmoid": "hard_sigmoid",
    "hard_tanh": "F.hardtanh",
    "exp": "torch.exp",
    "log": "torch.log",
    "sqrt": "torch.sqrt",
    "abs": "torch.abs",
    "sin": "torch.sin",
    "cos": "torch.cos",
    "square": "torch.square",
    "min": "torch.minimum",
    "max": "torch.maximum",
}

# By a word that the language reserves, so no name of a cell is in their way.
HELPERS = {
    "hard_sigmoid": '''
def hard_sigmoid(a):
    """As F.hardsigmoid, whose slope in float64 is rounded as in float32."""
    return F.hardtanh(a / 6 + 0.5, 0.0, 1.0)
''',
    "zoneout": '''
def zoneout(new, old, p, training):
    """Each unit keeps its old value with probability p; in evaluation, the mean of both."""
    if not training:
        return p * old + (1 - p) * new
    return torch.where(torch.rand_like(new) < p, old, new)
''',
    "ramp": '''
def ramp(units, like):
    """0 to 1 over the units."""
    return torch.linspace(0, 1, units, dtype=like.dtype, device=like.device)
''',
}
