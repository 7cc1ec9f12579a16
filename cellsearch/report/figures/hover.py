"""What a point of a figure says when a pointer rests on it: an SVG `<title>` for each.

A drawing function tells an artist its texts; when the figure is written as SVG they are put in.
Every browser shows them, in the file and on the page; the page's script only shows them sooner.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence

from matplotlib.artist import Artist
from matplotlib.figure import Figure

_SVG = "{http://www.w3.org/2000/svg}"
_GROUP = "told-"


def tell(artist: Artist, texts: Sequence[str]) -> None:
    """Say a text for each point or line that `artist` draws, in order."""
    artist.set_gid(_GROUP)
    artist.set_label("\n".join(" ".join(text.split()) for text in texts))


def number(figure: Figure) -> dict[str, list[str]]:
    """Give each artist that tells something an id of its own; return its texts by that id."""
    found = figure.findobj(lambda artist: (artist.get_gid() or "").startswith(_GROUP))
    texts = {}
    for k, artist in enumerate(found):
        artist.set_gid(f"{_GROUP}{k}")
        texts[f"{_GROUP}{k}"] = str(artist.get_label()).split("\n")
    return texts


def put_titles(root: ElementTree.Element, texts: dict[str, list[str]]) -> None:
    """Put every told point and line of an SVG into a group of its own, which has a title.

    An artist that was drawn as an image has nothing to hang a title on.
    """
    for group in list(root.iter(f"{_SVG}g")):
        drawn = list(_drawn(group)) if group.get("id") in texts else []
        if drawn:
            for (parent, k), text in zip(drawn, texts[group.get("id", "")], strict=True):
                parent[k] = _titled(parent[k], text)


def _drawn(group: ElementTree.Element) -> Iterator[tuple[ElementTree.Element, int]]:
    """Each thing drawn in the group, as its parent and its place there."""
    for k, child in enumerate(group):
        if child.tag in (f"{_SVG}use", f"{_SVG}path"):
            yield group, k
        elif child.tag == f"{_SVG}g":
            yield from _drawn(child)


def _titled(drawn: ElementTree.Element, text: str) -> ElementTree.Element:
    group = ElementTree.Element(f"{_SVG}g", {"class": "told"})
    ElementTree.SubElement(group, f"{_SVG}title").text = text
    group.append(drawn)
    return group
