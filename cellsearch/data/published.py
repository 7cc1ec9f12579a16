"""Corpora that are published files."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.data.download import Remote, fetch
from cellsearch.data.files import decode
from cellsearch.data.source import Level, Parts, Request, Texts
from cellsearch.data.splits import Sizes, by_share, by_size


@dataclass(frozen=True)
class Published:
    """A corpus in three files, or in one that is cut here.

    Attributes:
        folder: the folder in the cache.
        about: what it is, for the report.
        remotes: the files of train, valid and test, or the one file.
        sizes: characters of train, valid and test in one file; 80/10/10 where left out.
        bytewise: every byte is a character (its Latin-1 one), as benchmarks on bytes count.
    """

    folder: str
    about: str
    remotes: tuple[Remote, ...]
    sizes: Sizes | None = None
    bytewise: bool = False
    options: tuple[str, ...] = ()

    def read(self, request: Request) -> Texts:
        """The texts, downloaded where they are not in the cache."""
        return Texts(self._parts(request), about=self.about, split=self._split())

    def _parts(self, request: Request) -> Parts:
        texts = [self._text(remote, request) for remote in self.remotes]
        if len(texts) == 3:
            return texts[0], texts[1], texts[2]
        return self._cut(texts[0], request.level)

    def _text(self, remote: Remote, request: Request) -> str:
        data = fetch(remote, request.cache / self.folder, request.notify)
        return data.decode("latin-1") if self.bytewise else decode(data, remote.file)

    def _cut(self, text: str, level: Level) -> Parts:
        return by_size(text, level, self.sizes) if self.sizes else by_share(text, level)

    def _split(self) -> str:
        if len(self.remotes) == 3:
            return "as published"
        shares = "/".join(f"{s // 10**6}M" for s in self.sizes) if self.sizes else "80/10/10"
        return f"contiguous, {shares}"
