"""torch's own RNN, LSTM and GRU, and how their weights are called in the library's cells."""

import torch

GATES = {"rnn": "h", "lstm": "ifgo", "gru": "rzn"}
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def suffixes(rnn):
    """`l0`, `l0_reverse`, … with the weights of that layer and direction."""
    for i, layer in enumerate(rnn.layers):
        for direction in rnn.directions:
            yield f"l{i}{'_reverse' * (direction == 'backwards')}", layer.direction(direction)


def copy_weights(cell, theirs, ours):
    """Give our module the weights of torch's: two bias vectors are one, but for the GRU's n."""
    with torch.no_grad():
        for suffix, weights in suffixes(ours):
            parts = {
                n: getattr(theirs, f"{n}_{suffix}").chunk(len(GATES[cell]))
                for n in ("weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] * theirs.bias))
            }
            for k, gate in enumerate(GATES[cell]):
                weights[f"W{gate}"].copy_(parts["weight_ih"][k])
                weights[f"U{gate}"].copy_(parts["weight_hh"][k])
                if theirs.bias:
                    apart = f"c{gate}" in weights
                    other = 0 if apart else parts["bias_hh"][k]
                    weights[f"b{gate}"].copy_(parts["bias_ih"][k] + other)
                    if apart:
                        weights[f"c{gate}"].copy_(parts["bias_hh"][k])


def gradients(cell, ours, bias):
    """The gradients of our weights under torch's names and in torch's shapes."""
    out = {}
    for suffix, weights in suffixes(ours):
        for name, letters in {"weight_ih": "W", "weight_hh": "U", "bias_ih": "b"}.items():
            if bias or "weight" in name:
                parts = [weights[f"{letters}{gate}"].grad for gate in GATES[cell]]
                out[f"{name}_{suffix}"] = torch.cat(parts)
        if bias:
            own = [f"c{g}" if f"c{g}" in weights else f"b{g}" for g in GATES[cell]]
            out[f"bias_hh_{suffix}"] = torch.cat([weights[n].grad for n in own])
    return out
