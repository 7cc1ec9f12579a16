"""enwik8 (Hutter 2006): the first 10^8 bytes of a Wikipedia dump, XML and all. CC BY-SA.

Its characters are bytes, as everywhere where bits per character of enwik8 are given: 205 of the
256 occur. `decode` gives the Latin-1 character of each byte.
"""

from cellsearch.data.download import Remote
from cellsearch.data.published import Published

CORPUS = Published(
    folder="enwik8",
    about="enwik8, bytes of a Wikipedia dump",
    remotes=(
        Remote(
            "http://mattmahoney.net/dc/enwik8.zip",
            "enwik8.zip",
            "2b49720ec4d78c3c9fabaee6e4179a5e997302b3a70029f30f2d582218c024a8",
            member="enwik8",
        ),
    ),
    sizes=(90_000_000, 5_000_000, 5_000_000),
    bytewise=True,
)
