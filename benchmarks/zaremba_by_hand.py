"""The small LSTM of Zaremba et al. (2014) as a loop by hand, to set beside `zaremba_small.yaml`.

    python benchmarks/zaremba_by_hand.py --state /tmp/zaremba.pt

Nothing of cellsearch is in it but the text: torch.nn.LSTM, a table of 20 rows, the state set to
zero before each epoch, as in the authors' code. An hour or two on one thread; it goes on from the
last whole epoch. Writes `benchmarks/measured/zaremba_by_hand.json`.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from cellsearch.config import TaskConfig
from cellsearch.data import load
from cellsearch.where import where

H, LAYERS, B, T, EPOCHS, HOLD = 200, 2, 20, 20, 13, 4
Parts = nn.ModuleDict
States = tuple[Tensor, Tensor]
OUT = Path(__file__).parent / "measured" / "zaremba_by_hand.json"


def made(vocabulary: int, seed: int) -> Parts:
    """Embedding, cells and softmax, all uniform(-0.1, 0.1)."""
    torch.manual_seed(seed)
    parts = nn.ModuleDict(
        {
            "embedding": nn.Embedding(vocabulary, H),
            "lstm": nn.LSTM(H, H, LAYERS),
            "softmax": nn.Linear(H, vocabulary),
        }
    )
    for weight in parts.parameters():
        nn.init.uniform_(weight, -0.1, 0.1)
    return parts


def zeros(streams: int) -> States:
    """The state at the start."""
    return torch.zeros(LAYERS, streams, H), torch.zeros(LAYERS, streams, H)


def summed(parts: Parts, ids: Tensor, targets: Tensor, states: States) -> tuple[Tensor, States]:
    """The loss summed over all [T, B], and the state after it."""
    outputs, states = parts["lstm"](parts["embedding"](ids), states)
    logits = parts["softmax"](outputs).flatten(0, 1)
    loss = nn.functional.cross_entropy(logits, targets.flatten(), reduction="sum")
    return loss, states


def train(parts: Parts, rows: Tensor, rate: float) -> float:
    """One epoch over the table [N, B]; the perplexity while it trains."""
    states, total, count = zeros(B), 0.0, 0
    for start in range(0, len(rows) - T, T):
        states = (states[0].detach(), states[1].detach())
        part = rows[start : start + T + 1]
        loss, states = summed(parts, part[:-1], part[1:], states)
        parts.zero_grad()
        (loss / B).backward()
        nn.utils.clip_grad_norm_(parts.parameters(), 5.0)
        with torch.no_grad():
            for weight in parts.parameters():
                weight -= rate * weight.grad
        total, count = total + loss.item(), count + T * B
    return math.exp(total / count)


@torch.no_grad()
def perplexity(parts: Parts, text: Tensor, streams: int) -> float:
    """Of a text read in so many streams from the state zero, every word but the first of each."""
    rows = table(text, streams)
    states, total = zeros(streams), 0.0
    for start in range(0, len(rows) - 1, 100):
        part = rows[start : start + 101]
        loss, states = summed(parts, part[:-1], part[1:], states)
        total += loss.item()
    return math.exp(total / ((len(rows) - 1) * streams))


def table(text: Tensor, streams: int) -> Tensor:
    """The text in so many columns, one under the other; what does not fill a row is left out."""
    length = len(text) // streams
    return text[: length * streams].view(streams, length).t().contiguous()


def main() -> None:
    """Train, and write what was found after each epoch."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--state", type=Path, required=True, help="where epochs are kept")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out", type=Path, default=OUT)
    said = options.parse_args()
    torch.set_num_threads(1)
    corpus = load(TaskConfig(corpus="ptb", level="word"))
    text = {n: torch.from_numpy(getattr(corpus, n)).long() for n in ("train", "valid", "test")}
    parts, epochs = made(len(corpus.vocabulary), said.seed), []
    if said.state.exists():
        kept = torch.load(said.state, weights_only=True)
        parts.load_state_dict(kept["weights"])
        epochs = kept["epochs"]
    rows = table(text["train"], B)
    while len(epochs) < EPOCHS:
        rate, began = 0.5 ** max(0, len(epochs) + 1 - HOLD), time.monotonic()
        found = {"rate": rate, "train": train(parts, rows, rate)}
        found |= {f"valid_{n}_streams": perplexity(parts, text["valid"], n) for n in (1, 20)}
        found |= {"test": perplexity(parts, text["test"], 1), "seconds": time.monotonic() - began}
        epochs.append(found)
        print(len(epochs), {k: round(v, 3) for k, v in found.items()}, flush=True)
        torch.save({"weights": parts.state_dict(), "epochs": epochs}, said.state)
    ran = where(1, "torch.nn.LSTM").model_dump(mode="json")
    said.out.write_text(json.dumps({"seed": said.seed, "epochs": epochs, "where": ran}, indent=1))


if __name__ == "__main__":
    main()
