"""`merge`: what several machines did of one study, in one folder."""

import shutil


def test_two_copies_of_a_study_are_one(call, call_json, study, tmp_path):
    copies = [shutil.copytree(study[0], tmp_path / name) for name in "ab"]
    out = tmp_path / "both"
    said = call("merge", *copies, "--out", out)
    assert said.stdout == f"{out}: 4 of 4 trials, 1 look(s)\n"
    assert "measured costs are those of" in said.stderr
    again = call_json("merge", *copies, "--out", tmp_path / "again")
    assert again["trials"] == 4
    assert "holds a study already" in call("merge", *copies, "--out", out, code=1).stderr
    assert "nothing was left to train" in call("resume", out, "--executor", "inline").stderr


def test_a_folder_is_not_merged_with_itself(call, study, tmp_path):
    said = call("merge", study[0], study[0], "--out", tmp_path / "both", code=1)
    assert "is given twice" in said.stderr
