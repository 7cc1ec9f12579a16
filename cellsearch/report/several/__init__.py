"""Several studies side by side: the same variants on other texts, or at other sizes.

Each study keeps its own verdicts, families and seeds. Nothing is averaged over studies, and no test
is made across them: "holds on k of K" is a count.
"""
