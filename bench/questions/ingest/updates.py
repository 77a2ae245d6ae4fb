"""An update as Telegram writes it: a text of a person to a bot. Its length is the same whoever writes it, and when."""

from typing import Final

FIRST_NUMBER: Final = 1_000_000_000
_FIRST_CHAT: Final = 5_000_000_000
_CHATS: Final = 10_000
"""Of each bot: more than write within the seconds in which signs of life are gathered for PostgreSQL."""
_UPDATE: Final = (
    b'{"update_id":%d,"message":{"message_id":%d,"from":{"id":%d,"is_bot":false,"first_name":"Bruno",'
    b'"last_name":"Souza","username":"bruno_souza","language_code":"pt-br"},"chat":{"id":%d,"first_name":"Bruno",'
    b'"last_name":"Souza","username":"bruno_souza","type":"private"},"date":%d,'
    b'"text":"Oi! Ainda tem vaga na turma de s\\u00e1bado?"}}'
)


def update(number: int, date_s: int) -> bytes:
    """The people of a bot write in turn."""
    chat = _FIRST_CHAT + number % _CHATS
    return _UPDATE % (number, number, chat, chat, date_s)
