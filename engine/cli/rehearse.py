"""`python -m engine rehearse @bot CHAT_ID`: plays the sequence, or one step, to an admin, sixty times as fast.

It plays the draft, as it stands, past every gate: nothing of it counts, and no delivery is recorded.
"""

from typing import Annotated

from cyclopts import Parameter

from engine.administration import bots, campaign_views
from engine.administration.rehearsal import Played, Rehearsal
from engine.cli.shared import BotName, Id, noun, open_servers, say, shown_now_ms
from engine.core.delivery.outcome import Rejected, Sent, Unknown
from engine.core.delivery.rehearsal import cues
from engine.media.uploads import Uploads
from engine.security.vault import Vault
from engine.settings import Settings
from engine.telegram.sender import Sender

app = noun("rehearse", "rehearse @shop_bot 5000000001 --step offer")


@app.default
async def rehearse(
    bot: BotName,
    chat_id: Annotated[Id, Parameter(help="Your own id, after you have started the bot.")],
    /,
    *,
    step: Annotated[str | None, Parameter(metavar="KEY", help="Play this step alone.")] = None,
) -> None:
    await play(bot, chat_id, step)


async def play(bot: str, chat_id: int, only_step: str | None, settings: Settings | None = None) -> None:
    """Play the draft, and print how each block goes. Raises RecoveryError with the mend."""
    async with open_servers(settings) as servers:
        settings, pool = servers.settings, servers.pool
        sender = Sender(settings.telegram_api_url, Uploads(pool, settings.media_dir))
        try:
            draft, person = await campaign_views.rehearsed(pool, bot, chat_id)
            speaker = await bots.speaker(pool, Vault(settings.encryption_keys), bot)
            rehearsal = Rehearsal(sender, speaker, chat_id, person)
            async for played in rehearsal.play(cues(draft, shown_now_ms(), only_step)):
                say(_line(played))
        finally:
            await sender.close()


def _line(played: Played) -> str:
    what = f"step {played.cue.step}, block {played.cue.block.key}"
    match played.outcome:
        case None:
            return f"{what}: in {played.cue.wait_ms / 1000:.0f} s"
        case Sent():
            return f"{what}: sent"
        case Rejected(detail):
            return f"{what}: Telegram refuses it: {detail}"
        case Unknown(detail):
            return f"{what}: it may have arrived ({detail})"
    return f"{what}: not sent, Telegram asks for patience; try again in a minute"
