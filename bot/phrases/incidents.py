"""What is wrong with a bot, in words that admins understand. What concerns its feed is in `feed`."""

from bot.framework.i18n import Translator


def incident_name(say: Translator, kind: str) -> str:
    """An unknown kind is shown by its name."""
    names = {
        "block_refused": say("Telegram refuses a block"),
        "block_media_missing": say("A block's file is missing"),
        "block_other_kind": say("Telegram shows a file as another kind"),
        "block_never_fits": say("Hours and limits leave no room for a block"),
        "activity_overload": say("More updates come than can be taken in; Telegram delivers them again"),
        "api_overload": say("The bot's own code sends more to the HTTP API than its limit"),
    }
    return names.get(kind) or say("Something is wrong ({kind})", kind=kind)
