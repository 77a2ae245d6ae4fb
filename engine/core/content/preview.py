"""How a block's words begin: by that people know it again. Pure."""

from engine.core.content import templates
from engine.core.content.model import Album, Content, Media, Poll, Text


def words(content: Content) -> str:
    """Without formatting; "" of what has none."""
    match content:
        case Text(text=text):
            return templates.plain(text)
        case Media(caption=caption):
            return templates.plain(caption)
        case Album(items=items):
            return templates.plain(next((item.caption for item in items if item.caption), ""))
        case Poll(question=question):
            return question


def beginning(content: Content, longest: int) -> str:
    """On one line, and no longer than so many characters."""
    line = " ".join(words(content).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
