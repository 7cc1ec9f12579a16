"""Sweep files: what they may say, what `--set` changes, and how a slip is answered."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cellsearch.errors import CellsearchError, ConfigError, LanguageError
from cellsearch.sweep.planning import files

Write = Callable[[str], Path]
LEAST = "name: small\nbase: lstm\n"


def test_what_is_left_out_has_its_default(sweep_file: Write) -> None:
    config = files.load(sweep_file(LEAST))
    assert (config.seeds, config.margin, config.model.hidden) == (5, 0.03, 128)


def test_any_key_can_be_set(sweep_file: Write) -> None:
    path = sweep_file(LEAST + "variants:\n  gru: {cell: gru}\n")
    config = files.load(
        path,
        [
            "seeds=3",
            "train.optimizer.learning_rate=1e-3",
            "train.clip=null",
            "variants.gru.learning_rate=0.5",
            "variants.new.with=[o = 1, i = 1]",
            "question=why = not?",
        ],
    )
    assert (config.seeds, config.train.clip, config.question) == (3, None, "why = not?")
    assert config.train.optimizer.learning_rate == 1e-3
    assert config.variants["gru"].learning_rate == 0.5
    assert config.variants["new"].edits == ("o = 1", "i = 1")


def test_a_group_can_be_set_as_a_whole(sweep_file: Write) -> None:
    path = sweep_file(LEAST + "variants:\n  gru: {cell: gru}\n")
    assert files.load(path, ["variants={}"]).variants == {}


def test_names_are_what_is_written(sweep_file: Write) -> None:
    config = files.load(
        sweep_file(LEAST + "placebo: none\nvariants:\n  no: {with: o = 1}\n  1: {cell: gru}\n")
    )
    assert set(config.variants) == {"no", "1"}


def test_keys_can_be_merged_from_an_anchor(sweep_file: Write) -> None:
    text = "variants:\n  a: &a {cell: gru, learning_rate: 1}\n  b: {<<: *a, learning_rate: 2}\n"
    config = files.load(sweep_file(LEAST + "placebo: none\n" + text))
    assert [v.learning_rate for v in config.variants.values()] == [1, 2]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (LEAST + "train: {tokenz: 3}", ["'train.tokenz' is no key of train; nearest is 'tokens'"]),
        (LEAST + "tran: {}", ["'tran' is no key of a sweep; nearest is 'train'"]),
        ("name: small", ["'base' is missing"]),
        (LEAST + "seeds: 0", ["without `tune`, `seeds` should be 1 or more, got 0"]),
        (LEAST + "seeds: many", ["'seeds' should be a valid integer, got 'many'"]),
        (LEAST + "margin: .nan", ["'margin' should be a finite number, got nan"]),
        ("name: a/b\nbase: lstm", ["'name' string should match pattern"]),
        (
            LEAST + "train: {optimizer: {name: adm}}",
            ["'train.optimizer.name' should be 'adam', 'adamw' or 'sgd', got 'adm'"],
        ),
        (
            LEAST + "variants: {v: {with: o = 1, wth: 1}, w: {}}",
            [
                "'variants.v.wth' is no key of variants.v; nearest is 'with'",
                "'variants.w': a variant needs `cell` or `with`",
            ],
        ),
        (LEAST + "variants: {base: {cell: gru}}", ["no variant may be called 'base'"]),
        (LEAST + "variants: {v: 3}", ["'variants.v' should be a valid group of keys, got 3"]),
        (LEAST + "seeds: 20260131", ["'seeds' should be less than or equal to 100000"]),
        (
            LEAST + "variants: {v: {with: o = 1, placebo: true, learning_rate: 1}}",
            ["'variants.v': a `placebo` changes nothing; it has no `learning_rate` of its own"],
        ),
        (
            LEAST + "train: {optimizer: {betas: [0.9]}}",
            ["'train.optimizer.betas' should have more items, got [0.9]"],
        ),
        (
            LEAST + "train: {optimizer: {betas: [0.9, 0.9, 0.9]}}",
            ["'train.optimizer.betas' should have at most 2 items, not 3, got [0.9, 0.9, 0.9]"],
        ),
        (
            LEAST + "task: {corpus: {train: 1, valid: 2, test: 3}}",
            ["'task.corpus' should be a valid string, got 1"],
        ),
        (LEAST + "model: {init: 0}", ["'model.init' should be greater than 0, got 0"]),
        (
            LEAST + "train: {schedule: {name: step, periods: 3, hold: 4}}",
            ["'train.schedule': `hold` is at most `periods`, 3; got 4"],
        ),
        (LEAST + "train: {schedule: {name: step}}", ["'train.schedule': `step` needs `periods`"]),
        (LEAST + "model: {dropout: {embeding: 0.1}}", ["nearest is 'embedding'"]),
        (
            LEAST + "task: {corpus: 3}",
            ["'task.corpus' should be a valid string, got 3, or should be a valid group of keys"],
        ),
        (
            LEAST + "task: {corpus: {train: a.txt, tset: b.txt}}",
            ["'task.corpus' should be 'train', 'valid' or 'test', got 'tset'"],
        ),
    ],
)
def test_slips_are_answered(sweep_file: Write, text: str, messages: list[str]) -> None:
    path = sweep_file(text)
    with pytest.raises(ConfigError) as caught:
        files.load(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(messages)
    for line, message in zip(lines, messages, strict=True):
        assert line.startswith(f"{path}: ")
        assert message in line
        assert "instance of" not in line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nname: b\n", ":2:1: the key 'name' stands here twice"),
        ("name: a\nvariants:\n  v: {cell: a, cell: b}\n", ":3:16: the key 'cell' stands here"),
        ("name: [a\nbase: b", ":2:5: expected ',' or ']'"),
        ("", "a sweep is a list of `key: value`, got nothing"),
        ("- a\n", "got a list"),
        ("a: &a [*a]\n", "found unconstructable recursive node"),
        ("name: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
        ("[" * 1200, "is no YAML"),
        ("name: \x07", "is no YAML"),
        ("? [a]\n: b\n", ":1:3: a key should be a word"),
        ("<<: {[a]: b}\n", ":1:6: a key should be a word"),
        ('name: a\nquestion: "\\ud800"\n', ":2:11: '\\ud800' holds what is no character"),
        ('name: a\ncells: "\\0.cell"\n', ":2:8: '\\x00.cell' holds what is no character"),
        ("name: a\nbase: ~nobody-is-called-so/a.cell\n", "there is no home folder of that name"),
        (LEAST + "task: {corpus: ~nobody-is-called-so/a.txt}\n", "there is no home folder"),
    ],
)
def test_what_is_no_sweep_file(sweep_file: Write, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        files.load(sweep_file(text))
    assert message in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: no such file or directory"):
        files.load(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not a text in UTF-8"):
        files.load(tmp_path / "bytes.yaml")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.tokens=abc", "--set train.tokens: 'train.tokens' should be a valid integer"),
        ("train.tokenz=3", "--set train.tokenz: 'train.tokenz' is no key of train; nearest"),
        ("trian.tokens=3", "'trian' is no key of a sweep; nearest is 'train'"),
        ("variants.gruu.learning_rate=1", "'gruu' is no variant; nearest is 'gru'"),
        ("seeds", "should be key.key=value"),
        ("train..tokens=3", "should be key.key=value"),
        ("seeds.count=3", "'seeds' is one value, not a group of keys"),
        ("train.tokens=[", "--set train.tokens:"),
    ],
)
def test_overrides_that_cannot_be_meant(sweep_file: Write, override: str, message: str) -> None:
    path = sweep_file(LEAST + "seeds: 2\nvariants:\n  gru: {cell: gru}\n")
    with pytest.raises(ConfigError) as caught:
        files.load(path, [override])
    assert message in str(caught.value)


@pytest.mark.parametrize("variants", ["5", "[a, {b: 1}]", "word"])
def test_a_variant_cannot_be_set_where_there_is_no_group_of_them(
    sweep_file: Write, variants: str
) -> None:
    path = sweep_file(LEAST + f"variants: {variants}\n")
    with pytest.raises(ConfigError, match="'variants' is one value, not a group of keys"):
        files.load(path, ["variants.gru.placebo=true"])


def test_paths_count_from_the_file_and_overrides_from_here(
    sweep_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    path = sweep_file(LEAST + "task: {corpus: texts/a.txt}\n")
    assert files.load(path).task.corpus == str(tmp_path / "texts" / "a.txt")
    moved = files.load(path, ["task.corpus=b.txt"])
    assert moved.task.corpus == str(here / "b.txt")
    split = files.load(sweep_file(LEAST + "task: {corpus: {train: a, valid: b, test: c}}\n"))
    assert split.task.corpus == {
        k: str(tmp_path / v) for k, v in zip(("train", "valid", "test"), "abc", strict=True)
    }


def test_a_folder_whose_name_is_no_text(sweep_file: Write, tmp_path: Path) -> None:
    text = sweep_file(LEAST + "task: {corpus: ./a.txt}\n").read_text()
    folder = tmp_path / os.fsdecode(b"r\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this disk takes only UTF-8 for names")
    (folder / "sweep.yaml").write_text(text)
    with pytest.raises(ConfigError, match="no journal can hold this name"):
        files.load(folder / "sweep.yaml")


@pytest.mark.parametrize("name", ["ptb", "stdlib-docstrings", "grammar:train=500"])
def test_names_of_corpora_are_no_paths(sweep_file: Write, name: str) -> None:
    assert files.load(sweep_file(LEAST + f'task: {{corpus: "{name}"}}\n')).task.corpus == name


def test_cells_in_files_become_their_text(sweep_file: Write, tmp_path: Path) -> None:
    text = "cell mine(x; h)\n    h' = tanh(W @ x + U @ h + bh)\n"
    (tmp_path / "mine.cell").write_text(text)
    config = files.load(
        sweep_file("name: a\nbase: mine.cell\ncells: mine.cell\nvariants: {v: {cell: mine.cell}}")
    )
    assert config.base == config.cells == config.variants["v"].cell == text


def test_a_broken_file_of_cells_is_named(sweep_file: Write, tmp_path: Path) -> None:
    (tmp_path / "mine.cell").write_text("cell mine(x; h)\n    h' = tanh(\n")
    with pytest.raises(LanguageError, match=r"mine\.cell:2:"):
        files.load(sweep_file("name: a\nbase: mine\ncells: mine.cell\n"))
    with pytest.raises(CellsearchError, match=r"none\.cell"):
        files.load(sweep_file("name: a\nbase: none.cell\n"))
