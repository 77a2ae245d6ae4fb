"""A bot asking about itself."""

from bench.sandbox.bot_api.methods.call import Call, Method
from bench.sandbox.world.objects import BotUser


def get_me(call: Call) -> BotUser:
    return call.bot.user


BOTS: dict[str, Method] = {"getMe": get_me}
