"""States of chats as the scripts write them, for tests that change one behind the scripts' backs."""

from storage.redis.chat_states import State


def pack(state: State) -> str:
    numbers = (state.version, state.seen_ms, state.due_ms + state.marked * 2**49)
    return "".join(chr(number >> 7 * place & 127) for number in numbers for place in range(7, -1, -1)) + state.opaque


def as_text(state: State) -> str:
    """As releases before the packed form wrote it."""
    return " ".join(map(str, (state.version, state.seen_ms, state.due_ms, int(state.marked), state.opaque)))
