"""A short preview of a block, so that people recognise it. Pure."""

from engine.core.content import templates
from engine.core.content.model import Album, Content, Media, Poll, Text


def words(content: Content) -> str:
    """The first words without formatting; "" for a block without text."""
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
    """On one line, cut to the given length."""
    line = " ".join(words(content).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
