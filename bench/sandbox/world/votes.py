"""A person's vote in a poll. In a private chat one person votes, so an option has one vote or none."""

from collections.abc import Collection

from msgspec.structs import replace

from bench.sandbox.world.media_messages import Poll


class VoteRefusedError(ValueError):
    """The poll does not accept this vote."""


def voted(poll: Poll, chosen: Collection[int]) -> Poll:
    """Return the poll with these options chosen, by their positions; an empty choice takes the vote back."""
    _check(poll, chosen)
    options = tuple(replace(one, voter_count=int(place in chosen)) for place, one in enumerate(poll.options))
    return replace(poll, options=options, total_voter_count=1 if chosen else 0)


def _check(poll: Poll, chosen: Collection[int]) -> None:
    if poll.is_closed:
        raise VoteRefusedError("the poll is closed")
    if poll.total_voter_count and poll.type == "quiz":
        raise VoteRefusedError("an answer to a quiz is final")
    if len(chosen) > 1 and not poll.allows_multiple_answers:
        raise VoteRefusedError("the poll allows one answer")
    if not set(chosen) <= set(range(len(poll.options))):
        raise VoteRefusedError("the poll has no such option")
