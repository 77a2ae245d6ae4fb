"""The names of the roles."""

from bot.framework.i18n import Translator
from engine.core.roles import Role


def role_name(say: Translator, role: Role) -> str:
    match role:
        case "owner":
            return say.label("owner")
        case "editor":
            return say.label("editor")
        case "analyst":
            return say.label("analyst")
