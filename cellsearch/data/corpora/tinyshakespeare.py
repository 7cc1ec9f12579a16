"""Tiny Shakespeare (Karpathy 2015, char-rnn): 1.1 million characters of plays, 65 distinct.

Split 80/10/10 like any file, so that the test text is long enough to tell cells apart.
"""

from cellsearch.data.download import Remote
from cellsearch.data.published import Published

CORPUS = Published(
    folder="tinyshakespeare",
    about="Tiny Shakespeare",
    remotes=(
        Remote(
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/"
            "input.txt",
            "input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
    ),
)
