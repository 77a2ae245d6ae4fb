"""What is wrong with a bot, in words that admins understand. What concerns its feed is in `feed`."""

from bot.framework.i18n import Translator


def incident_name(say: Translator, kind: str) -> str:
    """An unknown kind is shown by its name."""
    match kind:
        case "block_refused":
            return say("Telegram refuses a block")
        case "block_media_missing":
            return say("A block's file is missing")
        case "block_other_kind":
            return say("Telegram shows a file as another kind")
        case "block_never_fits":
            return say("Hours and limits leave no room for a block")
    return say("Something is wrong ({kind})", kind=kind)
