"""Long lists, a page per screen, with buttons that turn the pages."""

from collections.abc import Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from bot.framework.screen import Button, Visit

PAGE: Final = 8

Item = TypeVar("Item")


class Page(NamedTuple, Generic[Item]):
    """`first` is the index of the first of `items` in the whole list."""

    first: int
    items: Sequence[Item]
    turns: Sequence[Button]


def page_of(visit: Visit, screen: str, items: Sequence[Item]) -> Page[Item]:
    """The page of a list that the place names, or the last one."""
    number = min(visit.place.choice, max(0, len(items) - 1) // PAGE)
    first = number * PAGE
    back = [_turn(visit, visit.say.label("◀ Previous"), screen, number - 1)] if number else []
    on = [_turn(visit, visit.say.label("Next ▶"), screen, number + 1)] if first + PAGE < len(items) else []
    return Page(first, items[first : first + PAGE], [*back, *on])


def _turn(visit: Visit, label: str, screen: str, page: int) -> Button:
    return Button(label, screen, visit.place._replace(choice=page))
