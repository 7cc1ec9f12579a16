"""text8 (Mahoney 2006): 10^8 characters of Wikipedia, a to z and the space alone. CC BY-SA.

The digest is that of the text inside the archive; its md5 stands on Mahoney's page.
"""

from cellsearch.data.download import Remote
from cellsearch.data.published import Published

CORPUS = Published(
    folder="text8",
    about="text8, Wikipedia in the letters a to z",
    remotes=(
        Remote(
            "http://mattmahoney.net/dc/text8.zip",
            "text8.zip",
            "6e890197040d37d85beb962ae1f041ff1d9a9ca8d20c7d99c85027eebf51dca7",
            member="text8",
        ),
    ),
    sizes=(90_000_000, 5_000_000, 5_000_000),
)
