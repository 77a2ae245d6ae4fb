"""`python -m engine deliveries`: lists and settles what was sent into silence, and never answered."""

from typing import Annotated

from cyclopts import Parameter

from engine.administration import deliveries
from engine.administration.deliveries import MOST_LISTED, Word
from engine.cli.shared import Id, Json, OfBot, example, local, noun, open_servers, say, say_json, say_rows
from storage.postgres.unanswered import Unanswered, UnansweredPlace

app = noun("deliveries", "deliveries unknown --bot @shop_bot")


@app.command(
    help=f"List the latest {MOST_LISTED} deliveries without an answer, each as `settle` takes it.",
    help_epilogue=example("deliveries unknown --bot @shop_bot"),
)
async def unknown(*, bot: OfBot, json: Json = False) -> None:
    async with open_servers() as servers:
        listed = await deliveries.list_unknown(servers.pool, bot)
        zone = await deliveries.zone(servers.pool, bot)
    if json:
        say_json([{**one.place._asdict(), "claimed_at_ms": one.claimed_at_ms} for one in listed])
    else:
        say_rows(("delivery", "claimed"), [(_named(one), local(one.claimed_at_ms, zone)) for one in listed])


@app.command(
    help_epilogue=example(
        "deliveries settle --bot @shop_bot --chat 41 --episode 1800000000000 --block hello/one --as sent"
    )
)
async def settle(
    *,
    bot: OfBot,
    chat: Id,
    episode: Id,
    block: Annotated[str, Parameter(metavar="STEP/BLOCK")],
    word: Annotated[Word, Parameter("--as", help="What you found in the chat.")],
) -> None:
    """Say what became of a delivery without an answer."""
    step, _, key = block.partition("/")
    async with open_servers() as servers:
        place = UnansweredPlace(chat, episode, step, key)
        await deliveries.settle(servers.pool, bot, place, word, await servers.change())
    say(f"{block} for chat {chat} counts as {word}.")


def _named(one: Unanswered) -> str:
    chat_id, episode_id, step, block = one.place
    return f"--chat {chat_id} --episode {episode_id} --block {step}/{block}"
