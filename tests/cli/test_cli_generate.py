"""`generate`: a trained variant writes, from its own weights, and says what is wrong."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load

from cellsearch import data, store
from cellsearch.train.finished import finished


@pytest.fixture
def copy(study, tmp_path):
    """A copy of the study, to be changed."""
    return shutil.copytree(study[0], tmp_path / "copy")


def weights_of(folder, variant, seed):
    journal = store.read(folder)
    trial = next(t for t in journal.trials if (t.variant, t.seed) == (variant, seed))
    return trial, next(folder / name for name in trial.sidecars if name.startswith("weights/"))


def test_the_text_is_the_one_that_the_weights_write(study, call_json):
    said = call_json("generate", study[0], "--variant", "gru", "--seed", 1, "--argmax",
                     "--prompt", "an eat", "--length", 12)  # fmt: skip
    trial, path = weights_of(study[0], "gru", 1)
    model, corpus = finished(trial.config, path.read_bytes())
    assert all(torch.equal(w, model.state_dict()[n]) for n, w in load(path.read_bytes()).items())
    ids = corpus.encode("an eat").tolist()
    for _ in range(12):
        with torch.no_grad():
            scores, _ = model(torch.tensor(ids)[:, None])
        ids.append(int(scores[-1, 0].argmax()))
    assert said["text"] == corpus.decode(ids[6:])
    assert (said["variant"], said["seed"], said["temperature"]) == ("gru", 1, None)


def test_a_number_draws_a_text_and_another_draws_another(study, call):
    texts = [call("generate", study[0], "--draw", n, "--length", 40).stdout for n in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == len("\n") + 40 + len("\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--variant", "grü"), 2, "'grü' is no variant; nearest is 'gru'"),
        (("--seed", "5"), 2, "base, seed 5, is not finished; finished are 0, 1"),
        (("--prompt", "an Xylophone?"), 2, "not in the vocabulary of 'grammar:"),
        (("--prompt", "an Xylophone?"), 2, "'X', 'y', 'l', 'o', 'p', 'h', '?'"),
        (("--prompt", ""), 2, "--prompt: expected something to go on from, got ''"),
        (("--argmax", "--temperature", "1"), 2, "--argmax draws nothing"),
        (("--temperature", "0"), 2, "0.001"),
    ],
)
def test_what_cannot_be_meant_is_refused(study, call, arguments, code, said):
    assert said in call("generate", study[0], *arguments, code=code).output


def test_weights_that_are_not_those_on_record_are_refused(copy, call):
    _, path = weights_of(copy, "base", 0)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert "of the journal" in call("generate", copy, code=1).output
    path.unlink()
    assert "the weights of base, seed 0, are not there" in call("generate", copy, code=1).output


def test_a_trial_that_diverged_has_none(copy, call):
    journal = copy / store.NAME
    lines = []
    for line in journal.read_text().splitlines():
        held = json.loads(line)
        if held["kind"] == "trial":
            held["outcome"]["status"] = "diverged"
        lines.append(json.dumps(held) + "\n")
    journal.write_text("".join(lines))
    assert "base, seed 0, has no weights: it diverged" in call("generate", copy, code=1).output


def test_the_text_may_lie_elsewhere_by_now(study, call, call_json, tmp_path):
    corpus = data.load(store.read(study[0]).study.spec.task)
    splits = {name: tmp_path / name for name in ("train", "valid", "test")}
    for name, path in splits.items():
        path.write_text(corpus.decode(getattr(corpus, name)), newline="")
    moved = f"task.corpus={json.dumps({n: str(p) for n, p in splits.items()})}"
    assert call_json("generate", study[0], "--set", moved) == call_json("generate", study[0])
    splits["test"].write_text(splits["train"].read_text())
    assert "sha256" in call("generate", study[0], "--set", moved, code=1).output
    refused = call("generate", study[0], "--set", "task.level=word", code=2).output
    assert "task.level: char in the study, word now" in refused
