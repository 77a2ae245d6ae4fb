"""Compares what the engine did with what the oracle foretells, chat by chat."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from bench.questions.simulate.oracle.life import Note, foretell
from bench.questions.simulate.story import Change, Publish, Story, in_utc

Happening: TypeAlias = tuple[str, int, str, str]
"""A message counts at its minute, with its text; a message that was not sent and an end count in their episode."""


class Disagreement(NamedTuple):
    """A chat of which engine and oracle say different things: what each of them says alone, and all that happened."""

    bot: int
    person: int
    engine: Sequence[str]
    oracle: Sequence[str]
    history: Sequence[str]

    @property
    def differences(self) -> int:
        """One different message counts once, not as one too many and one too few."""
        return max(len(self.engine), len(self.oracle))


class Verdict(NamedTuple):
    """`outcomes` counts what came of the messages, and how the episodes ended."""

    sends: int
    outcomes: Mapping[str, int]
    disagreements: Sequence[Disagreement]


def judge(story: Story, record: Mapping[int, Sequence[Note]]) -> Verdict:
    found = [(person, record.get(person, ()), foretell(story, person)) for person in story.people]
    notes = [note for _, did, _ in found for note in did]
    return Verdict(
        sends=sum(note.what == "sent" for note in notes),
        outcomes=dict(sorted(Counter(map(_outcome, notes)).items())),
        disagreements=[one for each in found if (one := _compare(story, *each))],
    )


def _compare(story: Story, person: int, did: Sequence[Note], must: Sequence[Note]) -> Disagreement | None:
    engine, oracle = Counter(map(_happening, did)), Counter(map(_happening, must))
    if engine == oracle:
        return None
    return Disagreement(
        story.people[person],
        person,
        engine=_listed((engine - oracle).elements()),
        oracle=_listed((oracle - engine).elements()),
        history=list(_history(story, person, did, must)),
    )


def _happening(note: Note) -> Happening:
    if note.what in ("sent", "refused"):
        return note.what, note.at_ms, "", note.detail
    return note.what, note.episode, f"{note.step}/{note.block}", note.detail


def _outcome(note: Note) -> str:
    return note.what if note.what in ("sent", "refused") else f"{note.what}: {note.detail}"


def _listed(happenings: Iterable[Happening]) -> list[str]:
    return [
        f"{what} {in_utc(at_ms)} {detail}" if not place else f"{what} {place} ({detail}), silent since {in_utc(at_ms)}"
        for what, at_ms, place, detail in sorted(happenings)
    ]


def _history(story: Story, person: int, did: Iterable[Note], must: Iterable[Note]) -> Iterator[str]:
    """Everything that concerns the chat, in the order of time."""
    acts = [(act.at_ms, 0, act.deed.value.replace("_", " ")) for act in story.acts_of(person)]
    edits = [
        (edit.at_ms, 1, f"admin: {_change(edit.change)}{edit.words}") for edit in story.edits_of(story.people[person])
    ]
    said = [(note.at_ms, 2, f"oracle: {_note(note)}") for note in must]
    seen = [(note.at_ms or note.episode, 3, f"engine: {_note(note)}") for note in did]
    for at_ms, _, words in sorted([*acts, *edits, *said, *seen]):
        yield f"{in_utc(at_ms)}  {words}"


def _change(change: Change) -> str:
    if isinstance(change, Publish):
        ways = [name for name, chosen in (("keep", change.keep), ("include", change.include)) if chosen]
        return f"publish{''.join(f', {way}' for way in ways)}: "
    return " ".join([type(change).__name__.lower(), *(str(part) for part in tuple(change))])


def _note(note: Note) -> str:
    if note.what in ("sent", "refused"):
        return f"{note.what} {note.detail}"
    return f"{note.what} {note.step}{'/' if note.step else ''}{note.block} {note.detail}".replace("  ", " ")
