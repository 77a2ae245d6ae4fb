"""How a bot's feed stands, in words that admins understand: what is not read, why, and what helps."""

from bot.framework.i18n import Translator
from engine.core.feed_status import FeedStatus, Unread


def is_in_the_way(feed: FeedStatus) -> bool:
    """Whether nothing is sent because of the feed."""
    return feed.unread is not None or feed.is_held


def trouble(say: Translator, feed: FeedStatus) -> str:
    """Why nothing is sent, and what helps, as HTML; "" if the feed is not in the way."""
    match feed.unread:
        case Unread.TOKEN_REFUSED:
            return say(
                "⚠ Nothing is read and nothing is sent: Telegram refuses the bot's token. Tap 🔑 on the bot's"
                " screen and send a new one."
            )
        case Unread.FOREIGN_WEBHOOK:
            return say(
                "⚠ Nothing is read and nothing is sent: another system receives the bot's messages, through a"
                " webhook to {host}. Disconnect the bot there.",
                host=feed.host,
            )
        case Unread.SECOND_READER:
            return say(
                "⚠ Nothing is sent: another program reads the bot's messages too, and each misses what the other"
                " takes. Stop the other program, or give the bot a new token in @BotFather and send it here with 🔑."
            )
        case Unread.UNREACHABLE:
            behind = say.ago(feed.now_ms - (feed.read_until_ms or feed.now_ms))
            return say(
                "⚠ Last contact with Telegram {ago}. Nothing is sent until it is back. If it stays like this, ask"
                " whoever runs the server.",
                ago=behind,
            )
    return _held(say, feed) if feed.is_held else ""


def short_trouble(say: Translator, bot: str, feed: FeedStatus) -> str:
    """That nothing is sent, and why, in one line as HTML."""
    return say("⚠ @{bot}: nothing is sent ({reason})", bot=bot, reason=_reason(say, feed))


def _held(say: Translator, feed: FeedStatus) -> str:
    """Without an end while the reason lasts."""
    if feed.held_until_ms is None:
        return say(
            "⚠ Nothing is sent: another program has read some of the bot's messages, so people who seem quiet may have"
            " answered."
        )
    if feed.doubt is None:
        return say(
            "⏸ Some of the bot's messages may never have arrived, so people who seem quiet may have answered. Nothing"
            " is sent until that is certain: {ahead}.",
            ahead=say.ahead(feed.held_until_ms - feed.now_ms),
        )
    return say(
        "⏸ Another program has read some of the bot's messages, so people who seem quiet may have answered. Nothing is"
        " sent until that is certain: {ahead}.",
        ahead=say.ahead(feed.held_until_ms - feed.now_ms),
    )


def _reason(say: Translator, feed: FeedStatus) -> str:
    """In a few words, as plain text."""
    match feed.unread:
        case Unread.TOKEN_REFUSED:
            return say.label("Telegram refuses the token")
        case Unread.FOREIGN_WEBHOOK:
            return say.label("another system receives the messages: {host}", host=feed.host)
        case Unread.SECOND_READER:
            return say.label("another program reads the messages too")
        case Unread.UNREACHABLE:
            return say.label("no contact with Telegram")
    return say.label("another program has read messages") if feed.doubt else say.label("messages may be missing")
