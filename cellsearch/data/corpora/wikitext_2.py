"""WikiText-2 (Merity et al. 2016): Wikipedia articles, 33,278 words. CC BY-SA."""

from cellsearch.data.download import Remote
from cellsearch.data.published import Published

_BASE = (
    "https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2"
)

CORPUS = Published(
    folder="wikitext-2",
    about="WikiText-2",
    remotes=(
        Remote(
            f"{_BASE}/train.txt",
            "train.txt",
            "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",
        ),
        Remote(
            f"{_BASE}/valid.txt",
            "valid.txt",
            "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
        ),
        Remote(
            f"{_BASE}/test.txt",
            "test.txt",
            "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
        ),
    ),
)
