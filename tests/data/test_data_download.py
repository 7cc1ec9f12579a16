"""Downloads, against a server on the loopback: whole, wrong, cut off, missing, refused."""

import hashlib
import io
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cellsearch.config import TaskConfig
from cellsearch.data import load, registry
from cellsearch.data.download import Remote, fetch
from cellsearch.data.published import Published
from cellsearch.errors import DataError

TEXT = ("To be, or not to be, that is the question:\n" * 400).encode()
DIGEST = hashlib.sha256(TEXT).hexdigest()


def _zip(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


class Server(ThreadingHTTPServer):
    """What it serves, and how it fails.

    Attributes:
        cuts: after how many bytes it hangs up, request by request; then no more.
        ranges: whether it goes on in the middle when asked to.
        chunked: whether it sends in chunks, and does not say how much there will be.
        asked: the Range header of each request so far.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {
            "/text.txt": TEXT,
            "/text.zip": _zip("text", TEXT),
            "/other.zip": _zip("other", TEXT),
            "/away.zip": _zip("../text", TEXT),
        }
        self.cuts: list[int] = []
        self.ranges = True
        self.chunked = False
        self.asked: list[str | None] = []

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.path not in self.server.files:
            self.send_error(404)
            return
        start = int(asked[6:-1]) if asked and self.server.ranges else 0
        body = self.server.files[self.path][start:]
        cut = self.server.cuts.pop(0) if self.server.cuts else len(body)
        self.send_response(206 if start else 200)
        if self.server.chunked:
            self._chunks(body[:cut], whole=cut == len(body))
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:cut])

    def _chunks(self, sent: bytes, *, whole: bool) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(sent), sent) + (b"0\r\n\r\n" if whole else b""))

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def _silence(line: str) -> None:
    """Takes progress."""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_downloaded_once(server: Server, cache: Path) -> None:
    remote = Remote(server.url("text.txt"), "kept.txt", DIGEST)
    lines: list[str] = []
    assert fetch(remote, cache, lines.append) == TEXT
    assert fetch(remote, cache, lines.append) == TEXT
    assert server.asked == [None]
    assert lines[0] == f"downloading {remote.url}"
    assert lines[-1].startswith("downloaded ")
    assert _names(cache) == ["kept.txt"]


def test_a_member_of_an_archive_is_read_in_place(server: Server, cache: Path) -> None:
    remote = Remote(server.url("text.zip"), "text.zip", DIGEST, member="text")
    assert fetch(remote, cache, _silence) == TEXT
    assert _names(cache) == ["text.zip"]


def test_a_wrong_digest_leaves_nothing(server: Server, cache: Path) -> None:
    remote = Remote(server.url("text.txt"), "kept.txt", "0" * 64)
    with pytest.raises(DataError) as caught:
        fetch(remote, cache, _silence)
    for said in (remote.url, DIGEST, "0" * 64, str(cache / "kept.txt")):
        assert said in str(caught.value)
    assert _names(cache) == []
    assert server.asked == [None]


@pytest.mark.parametrize("name", ["text.txt", "other.zip", "away.zip"])
def test_what_is_no_such_archive_leaves_nothing(server: Server, cache: Path, name: str) -> None:
    remote = Remote(server.url(name), "text.zip", DIGEST, member="text")
    with pytest.raises(DataError, match=r"is no zip archive with 'text' in it"):
        fetch(remote, cache, _silence)
    assert _names(cache) == []
    assert _names(cache.parent) == []


def test_a_damaged_archive_is_told(cache: Path) -> None:
    cache.mkdir()
    whole = _zip("text", TEXT)
    remote = Remote("http://example.org/text.zip", "text.zip", DIGEST, member="text")
    # Any byte of it, for each makes another part of `zipfile` stumble.
    for at in range(len(whole)):
        (cache / "text.zip").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with suppress(DataError):
            assert fetch(remote, cache, _silence) == TEXT
    (cache / "text.zip").write_bytes(whole[:60] + b"\xff\x00\xff" + whole[63:])
    with pytest.raises(DataError, match=r"text.zip' is no zip archive with 'text' in it; remove"):
        fetch(remote, cache, _silence)


def test_a_cut_transfer_goes_on_where_it_was_cut(server: Server, cache: Path) -> None:
    server.cuts = [5_000, 2_000]
    remote = Remote(server.url("text.txt"), "kept.txt", DIGEST)
    assert fetch(remote, cache, _silence) == TEXT
    assert server.asked == [None, "bytes=5000-", "bytes=7000-"]


def test_a_server_without_ranges_begins_again(server: Server, cache: Path) -> None:
    server.cuts, server.ranges = [5_000], False
    remote = Remote(server.url("text.txt"), "kept.txt", DIGEST)
    assert fetch(remote, cache, _silence) == TEXT
    assert len(server.asked) == 2


def test_a_transfer_that_is_always_cut_is_given_up(server: Server, cache: Path) -> None:
    server.cuts = [100] * 50
    remote = Remote(server.url("text.txt"), "kept.txt", DIGEST)
    with pytest.raises(DataError, match=r"cut off at 300 of 17,200 bytes, 3 times"):
        fetch(remote, cache, _silence)
    assert len(server.asked) == 3
    assert _names(cache) == []


def test_a_cut_is_noticed_where_no_length_was_said(server: Server, cache: Path) -> None:
    server.chunked, server.cuts = True, [5_000]
    assert fetch(Remote(server.url("text.txt"), "kept.txt", DIGEST), cache, _silence) == TEXT
    assert server.asked == [None, "bytes=5000-"]
    # What was cut off must not be pinned.
    server.cuts = [100] * 3
    with pytest.raises(DataError, match=r"cut off at 300 bytes, 3 times"):
        fetch(Remote(server.url("text.txt"), "other.txt", None), cache, _silence)
    assert _names(cache) == ["kept.txt"]


def test_an_address_that_is_none_is_told(cache: Path) -> None:
    with pytest.raises(DataError, match=r"cannot download example.org/text.txt: unknown url type"):
        fetch(Remote("example.org/text.txt", "kept.txt", DIGEST), cache, _silence)


def test_a_missing_file_is_asked_for_once(server: Server, cache: Path) -> None:
    remote = Remote(server.url("nothing.txt"), "kept.txt", DIGEST)
    with pytest.raises(DataError, match=r"HTTP 404 Not Found\nto do without the network, put"):
        fetch(remote, cache, _silence)
    assert len(server.asked) == 1
    assert _names(cache) == []


def test_offline_the_error_says_where_the_file_goes(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    remote = Remote(f"http://127.0.0.1:{port}/text.txt", "kept.txt", DIGEST)
    with pytest.raises(DataError) as caught:
        fetch(remote, cache, _silence)
    reason, remedy = str(caught.value).splitlines()
    assert reason.startswith(f"cannot download {remote.url}: ")
    assert reason.endswith("Connection refused")
    assert remedy.endswith(f"put the file of {remote.url} at {cache / 'kept.txt'}")
    # And so it works.
    (cache / "kept.txt").write_bytes(TEXT)
    assert fetch(remote, cache, _silence) == TEXT


def test_a_damaged_copy_is_told_and_left_alone(server: Server, cache: Path) -> None:
    cache.mkdir()
    (cache / "kept.txt").write_bytes(TEXT[:-1])
    with pytest.raises(DataError, match=r"kept.txt' is not the text .*; remove it to download"):
        fetch(Remote(server.url("text.txt"), "kept.txt", DIGEST), cache, _silence)
    assert (cache / "kept.txt").read_bytes() == TEXT[:-1]
    assert server.asked == []


def test_without_a_published_digest_the_first_is_pinned(server: Server, cache: Path) -> None:
    remote = Remote(server.url("text.txt"), "kept.txt", None)
    assert fetch(remote, cache, _silence) == TEXT
    assert _names(cache) == ["kept.txt", "kept.txt.sha256"]
    # The published file changes, and the copy in the cache is lost.
    server.files["/text.txt"] = TEXT + b"more"
    (cache / "kept.txt").unlink()
    with pytest.raises(DataError, match=rf"expected {DIGEST}"):
        fetch(remote, cache, _silence)
    assert _names(cache) == ["kept.txt.sha256"]


def test_a_cache_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    remote = Remote(server.url("text.txt"), "kept.txt", DIGEST)
    with pytest.raises(DataError, match=r"cannot write .*kept.txt"):
        fetch(remote, tmp_path / "file", _silence)


def test_a_pin_that_cannot_be_read_is_told(cache: Path) -> None:
    cache.mkdir()
    (cache / "kept.txt").write_bytes(TEXT)
    (cache / "kept.txt.sha256").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"cannot read .*kept.txt' or its sha256: "):
        fetch(Remote("http://example.org/text.txt", "kept.txt", None), cache, _silence)


def _corpus(server: Server, digest: str = DIGEST) -> Published:
    remote = Remote(server.url("text.zip"), "text.zip", digest, member="text")
    return Published(folder="mine", about="a line", remotes=(remote,), sizes=(9_000, 4_100, 4_100))


def test_a_published_corpus_from_name_to_ids(
    server: Server,
    cache: Path,
    short_task: Callable[..., TaskConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "find", lambda name: _corpus(server))
    corpus = load(short_task("text8"), cache=cache)
    assert [len(part) for part in (corpus.train, corpus.valid, corpus.test)] == [9000, 4100, 4100]
    assert corpus.decode(corpus.train) == TEXT[:9000].decode()
    assert _names(cache) == ["text.zip"]


def test_bytes_are_characters_where_a_corpus_counts_bytes(
    server: Server,
    cache: Path,
    short_task: Callable[..., TaskConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = "naïve\r\n".encode() * 100
    server.files["/bytes"] = data
    remote = Remote(server.url("bytes"), "bytes", hashlib.sha256(data).hexdigest())
    source = Published("b", "bytes", (remote,), sizes=(400, 200, 200), bytewise=True)
    monkeypatch.setattr(registry, "find", lambda name: source)
    corpus = load(short_task("enwik8"), cache=cache)
    assert sum(len(part) for part in (corpus.train, corpus.valid, corpus.test)) == len(data)
    assert corpus.decode(corpus.train).encode("latin-1") == data[:400]


@pytest.mark.parametrize("name", ["ptb", "wikitext-2", "text8", "enwik8", "tinyshakespeare"])
def test_each_published_corpus_has_addresses_digests_and_names_of_its_own(name: str) -> None:
    source = registry.find(name)
    assert isinstance(source, Published)
    assert source.folder == name
    assert len({remote.file for remote in source.remotes}) == len(source.remotes) in (1, 3)
    for remote in source.remotes:
        assert remote.url.startswith(("https://", "http://mattmahoney.net/dc/"))
        assert len(bytes.fromhex(remote.sha256 or "")) == 32
