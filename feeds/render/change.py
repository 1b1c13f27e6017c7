"""Changes: what differs between two wordings, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from html import escape

__all__ = ["changes", "summary_of_changes"]

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*|\s+|.", re.DOTALL)
_CJK = re.compile(r"[㐀-鿿\uf900-\ufaff]")
_WORDS = 3000  # a longer paragraph is shown whole, before and after: comparing takes the square of its length
_PARAGRAPHS = 400


def changes(before: str, after: str) -> str:
    r"""Return, as HTML, the paragraphs that differ between two plain texts: `<del>` what went, `<ins>` what came.

    >>> changes("It costs $3 million.\n\nIt opens today.", "It costs $4 million.\n\nIt opens today.")
    '<p>It costs $<del>3</del><ins>4</ins> million.</p>'
    """
    return "".join(f"<p>{paragraph}</p>" for paragraph in _paragraphs(before, after))


def summary_of_changes(before: str, after: str) -> str:
    """Return the same as plain text: what went in [-…-], what came in {+…+}.

    >>> summary_of_changes("It costs $3 million.", "It costs $4 million.")
    'It costs $[-3-]{+4+} million.'
    """
    marked = " ".join(_paragraphs(before, after))
    for tag, mark in (("<del>", "[-"), ("</del>", "-]"), ("<ins>", "{+"), ("</ins>", "+}")):
        marked = marked.replace(tag, mark)
    return marked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _paragraphs(before: str, after: str) -> Iterator[str]:
    old = [" ".join(text.split()) for text in before.split("\n\n") if text.strip()]
    new = [" ".join(text.split()) for text in after.split("\n\n") if text.strip()]
    if len(old) + len(new) > 2 * _PARAGRAPHS:
        old, new = ["\n".join(old)], ["\n".join(new)]
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs = min(b - a, d - c)
        for one, other in zip(old[a : a + pairs], new[c : c + pairs], strict=True):
            yield _words(one, other)
        yield from (_marked("del", text) for text in old[a + pairs : b])
        yield from (_marked("ins", text) for text in new[c + pairs : d])


def _words(before: str, after: str) -> str:
    old, new = _tokens(before), _tokens(after)
    if len(old) + len(new) > _WORDS:
        return _marked("del", before) + _marked("ins", after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.4:  # another paragraph altogether: word by word it could not be read
        return _marked("del", before) + " " + _marked("ins", after)
    made = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            made.append(escape("".join(old[a:b]), quote=False))
            continue
        made += [_marked("del", "".join(old[a:b]))] * (b > a) + [_marked("ins", "".join(new[c:d]))] * (d > c)
    return "".join(made)


def _tokens(text: str) -> Sequence[str]:
    """Return words, numbers, marks and spaces; Chinese by the character."""
    return [token for run in _TOKEN.findall(text) for token in (list(run) if _CJK.search(run) else [run])]


def _marked(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text, quote=False)}</{tag}>"
