"""`train` and `bench`."""

import math

import pytest
from safetensors.numpy import load_file

SMALL = (
    *("--set", "task.corpus=grammar:train=4000,valid=600,test=600"),
    *("--set", "task.evaluation_streams=4", "--set", "task.evaluation_warmup=8"),
    *("--set", "train.batch=4", "--set", "train.segment=25", "--set", "train.tokens=2000"),
    *("--set", "model.hidden=6"),
)
BENCH = (
    *("--rounds", 1, "--set", "model.hidden=6"),
    *("--set", "train.batch=2", "--set", "train.segment=5"),
)


def test_a_trial_is_trained(call, call_json, tmp_path):
    weights = tmp_path / "w.safetensors"
    found = call_json("train", "lstm", "--with", "o = 1", *SMALL, "--seed", 3, "--weights", weights)
    assert (found["status"], found["seed"], found["steps"]) == ("done", 3, 20)
    # 10 symbols: better than a guess, worse than perfect.
    assert 0.8 < found["metrics"]["test_loss"] < math.log(10)
    names = [name for name in load_file(weights) if "cells" in name]
    assert any(name.endswith("Wf") for name in names)
    assert not any(name.endswith("Wo") for name in names)


def test_the_same_call_gives_the_same_numbers(call, call_json):
    found = call_json("train", "gru", *SMALL)
    said = call("train", "gru", *SMALL).stdout
    assert found["metrics"] == call_json("train", "gru", *SMALL)["metrics"]
    assert f"{math.exp(found['metrics']['test_loss']):.4f}" in said
    assert said.startswith("done after 20 updates\n")


def test_divergence_is_a_result(call):
    huge = ("--set", "train.optimizer.learning_rate=1e9", "--set", "train.clip=null")
    said = call("train", "rnn", *SMALL, *huge)
    assert "diverged at update" in said.stdout


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.tokns=3", "nearest is 'tokens'"),
        ("train.tokens=few", "train.tokens"),
        ("seeds=3", "'seeds' means nothing here"),
        ("base=gru", "'base' means nothing here"),
        ("train.tokens", "should be key.key=value"),
        ("task.corpus=gramar", "nearest is 'grammar'"),
        ("task.corpus=no/such.txt", "no such file"),
        ("backend=cdna", "cdna"),
    ],
)
def test_a_wrong_setting_is_a_wrong_call(call, override, message):
    said = call("train", "lstm", *SMALL, "--set", override, code=2)
    assert message in said.stderr
    assert "Traceback" not in said.stderr


def test_an_empty_text_is_failed_work(call, tmp_path):
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    said = call("train", "lstm", "--set", f"task.corpus={empty}", code=1)
    assert "is empty" in said.stderr


def test_weights_that_cannot_be_written_are_said(call, tmp_path):
    (tmp_path / "file").write_text("")
    said = call("train", "rnn", *SMALL, "--weights", tmp_path / "file" / "w", code=1)
    assert f"{tmp_path / 'file' / 'w'}: cannot be written" in said.stderr


def test_cells_are_timed_beside_torchs_own(call, call_json):
    found = call_json("bench", "lstm", "gru_v3", "--with", "o = 1", *BENCH)
    assert [line["variant"] for line in found] == [
        *("lstm", "torch.nn.LSTM", "gru_v3", "lstm with o = 1")
    ]
    assert found[0]["ratio_to_base"] == 1.0
    assert all(line["us_per_token_training"] > 0 for line in found)
    assert "torch.nn.GRU" in call("bench", "gru", *BENCH).stdout


def test_cells_are_timed_at_equal_cost(call_json):
    matched = ("--set", "match.by=params", "--set", "model.hidden=16")
    found = call_json("bench", "lstm", "rnn", *BENCH, *matched)
    hidden = {line["variant"]: line["hidden"] for line in found}
    assert hidden["lstm"] == 16 < hidden["rnn"] == hidden["torch.nn.RNN"]


def test_bench_refuses_what_it_would_not_heed(call):
    assert (
        "'task' means nothing here"
        in call("bench", "lstm", "--set", "task.level=word", code=2).stderr
    )


def test_weights_and_recordings_are_two_files(call, tmp_path):
    file = tmp_path / "f"
    said = call("train", "gru", *SMALL, "--weights", file, "--record", file, code=2)
    assert "two files are expected" in said.stderr
