"""Which of a bot's command lists a person sees: the narrowest scope first, and their own language before any."""

from bench.sandbox.bot_api.methods.commands import Scope
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.conversation import Person
from bench.sandbox.world.objects import BotCommand


def commands_for(bot: Bot, person: Person) -> tuple[BotCommand, ...]:
    scopes = (Scope("chat", person.user.id), Scope("all_private_chats"), Scope("default"))
    languages = ((person.user.language_code or "")[:2], "")
    places = ((scope, language) for scope in scopes for language in languages)
    return next((found for place in places if (found := bot.commands.get(place))), ())
