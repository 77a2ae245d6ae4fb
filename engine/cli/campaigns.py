"""`python -m engine campaigns`: imports, compares, publishes and runs the campaigns."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

from cyclopts import Parameter, validators

from engine import campaign_file
from engine.administration import campaign_views, campaigns
from engine.administration.campaigns import Publishing
from engine.campaign_file import Added, NamedFiles
from engine.cli import campaign_overview
from engine.cli.shared import (
    Json,
    OfBot,
    OneBot,
    Servers,
    Whole,
    example,
    noun,
    one_or_all,
    open_servers,
    say,
    say_json,
    say_rows,
    shown_now_ms,
    working,
)
from engine.core.delivery.replan import Policy
from engine.media.library import Library

_MOST: Final = 2**31 - 1
_IN_RANGE: Final = validators.Number(gte=1, lte=_MOST)

Version: TypeAlias = Annotated[Whole, Parameter(metavar="N", validator=_IN_RANGE, help="A number from `versions`.")]
File: TypeAlias = Annotated[Path, Parameter(help="A campaign as a YAML file.")]
Delays: TypeAlias = Annotated[
    Policy, Parameter(help="What the pause has done to the delays of people who waited.", show_default=True)
]
EveryBot: TypeAlias = Annotated[bool, Parameter("--all", help="Every bot: the emergency stop.")]

app = noun("campaigns", "campaigns show --bot @shop_bot")


@app.command(name="import", help_epilogue=example("campaigns import offer.yaml --bot @shop_bot"))
async def import_file(file: File, /, *, bot: OfBot, json: Json = False) -> None:
    """Replace a bot's draft by a file, and add the files that it names to the library."""
    async with open_servers() as servers:
        with working("Importing ..."):
            added, revision = await _import(servers, file, bot)
    if json:
        say_json({"revision": revision, "added": [_added_as_data(one) for one in added]})
        return
    for one in added:
        say(_added(one))
    say(f"{bot}: the draft is now revision {revision}; publish it to send it.")


@app.command(help_epilogue=example("campaigns export --bot @shop_bot > offer.yaml"))
async def export(*, bot: OfBot, version: Version | None = None) -> None:
    """Print the draft, or a version, as a YAML file."""
    async with open_servers() as servers:
        if version is None:
            shown = (await campaign_views.compare(servers.pool, bot)).draft
        else:
            shown = await campaign_views.version(servers.pool, bot, version)
    say(campaign_file.write(shown).removesuffix("\n"))


@app.command(help_epilogue=example("campaigns diff offer.yaml --bot @shop_bot"))
async def diff(file: File | None = None, /, *, bot: OfBot, json: Json = False) -> None:
    """Show how the draft differs from what is published, or how a file differs from the draft."""
    async with open_servers() as servers:
        pair = await campaign_views.compare(servers.pool, bot)
    draft = f"draft revision {pair.draft_revision}"
    published = None if pair.published is None else f"version {pair.published_version}"
    if file:
        before, after = draft, str(file)
        given = campaign_file.load(file, servers.settings.min_threshold_ms, NamedFiles().hash_of)
        found = campaign_file.diff(pair.draft, given, before, after)
        same = f"{file} is the {draft}."
    elif pair.published and published:
        before, after = published, draft
        found = campaign_file.diff(pair.published, pair.draft, before, after)
        same = f"The {draft} is {published}."
    else:
        before, after, found = None, draft, None
        same = f"{bot}: nothing is published; `export` shows the {draft}, and `publish` makes it version 1."
    if json:
        say_json({"before": before, "after": after, "diff": found})
    else:
        say((found or same).removesuffix("\n"))


@app.command(help_epilogue=example("campaigns versions --bot @shop_bot"))
async def versions(*, bot: OfBot, json: Json = False) -> None:
    """List what was published, the newest first."""
    async with open_servers() as servers:
        history = await campaign_views.history(servers.pool, bot)
    if json:
        say_json(
            [
                {"number": one.number, "published_at_ms": one.published_at, "in_force": one.in_force}
                for one in history.versions
            ]
        )
    elif history.versions:
        say_rows(
            ("version", "published", ""),
            [
                (
                    f"{one.number:>5}",
                    campaign_overview.moment(one.published_at, history.zone),
                    "in force" * one.in_force,
                )
                for one in history.versions
            ],
        )
    else:
        say(f"{bot}: nothing is published yet.")


@app.command(help_epilogue=example("campaigns revert --bot @shop_bot --to 3"))
async def revert(*, bot: OfBot, to: Version) -> None:
    """Make a version the draft again."""
    async with open_servers() as servers:
        revision = await campaigns.revert(servers.pool, bot, to, await servers.change())
    say(f"{bot}: version {to} is now the draft, revision {revision}; publish it to send it.")


@app.command(help_epilogue=example("campaigns publish --bot @shop_bot"))
async def publish(
    *,
    bot: OfBot,
    keep_hours: Annotated[bool, Parameter(help="Let people who wait keep the hour that they wait for.")] = False,
    include_silent: Annotated[
        bool, Parameter(help="Apply a shorter threshold to people who are silent already.")
    ] = False,
) -> None:
    """Make the draft what is sent."""
    how = Publishing(mode="keep" if keep_hours else "update", include=include_silent)
    async with open_servers() as servers:
        least = servers.settings.min_threshold_ms
        version = await campaigns.publish(servers.pool, bot, least, await servers.change(), how)
    say(f"{bot}: version {version} is published.")


@app.command(help_epilogue=example("campaigns show --bot @shop_bot"))
async def show(*, bot: OfBot, json: Json = False) -> None:
    """Show the campaign, with its dates for somebody who falls silent now."""
    at_ms = shown_now_ms()
    async with open_servers() as servers:
        seen = await campaign_views.show(servers.pool, bot, at_ms)
    if json:
        say_json(campaign_overview.data(seen, at_ms))
    else:
        say("\n".join(campaign_overview.lines(bot, seen, at_ms)))


@app.command(help_epilogue=example("campaigns activate --bot @shop_bot"))
async def activate(*, bot: OfBot, delays: Delays = "continue") -> None:
    """Start, or end a pause and let new sequences begin."""
    async with open_servers() as servers:
        state = await campaigns.activate(servers.pool, bot, await servers.change(), delays)
    say(f"{bot}: the campaign is {state}.")


@app.command(help_epilogue=example("campaigns finish --bot @shop_bot"))
async def finish(*, bot: OfBot) -> None:
    """Begin no new sequences, and finish those that have begun."""
    async with open_servers() as servers:
        state = await campaigns.finish(servers.pool, bot, await servers.halting_change())
    say(f"{bot}: the campaign is {state}: no new sequence begins, and those that have begun go on to their end.")


@app.command(help_epilogue=example("campaigns shadow --bot @shop_bot"))
async def shadow(*, bot: OfBot) -> None:
    """Record what would be sent from now on, and send nothing."""
    async with open_servers() as servers:
        state = await campaigns.shadow(servers.pool, bot, await servers.change())
    say(f"{bot}: the campaign is {state}: what it would send is recorded, and nothing is sent.")


@app.command(help_epilogue=example("campaigns pause --bot @shop_bot"))
async def pause(*, bot: OfBot) -> None:
    """Hold everything in its place."""
    async with open_servers() as servers:
        state = await campaigns.pause(servers.pool, bot, await servers.halting_change())
    say(f"{bot}: the campaign is {state}.")


@app.command(help_epilogue=example("campaigns stop --all"), validator=one_or_all)
async def stop(*, bot: OneBot = None, every: EveryBot = False) -> None:
    """End a bot's sequences at once, or hold all sending of every bot."""
    async with open_servers() as servers:
        change = await servers.halting_change()
        if every:
            await campaigns.stop_all(servers.pool, change)
        else:
            state = await campaigns.stop(servers.pool, bot or "", change)
    if every:
        say("The emergency stop is engaged: no bot sends until `resume --all`.")
    else:
        say(f"{bot}: the campaign is {state}.")


@app.command(help_epilogue=example("campaigns resume --bot @shop_bot"), validator=one_or_all)
async def resume(*, bot: OneBot = None, every: EveryBot = False, delays: Delays = "continue") -> None:
    """End a bot's pause, or release the emergency stop."""
    async with open_servers() as servers:
        change = await servers.change()
        if every:
            await campaigns.resume_all(servers.pool, change)
        else:
            state = await campaigns.resume(servers.pool, bot or "", change, delays)
    if every:
        say("The emergency stop is released: each campaign goes on in the state that it has.")
    else:
        say(f"{bot}: the campaign is {state}.")


async def _import(servers: Servers, file: Path, bot: str) -> tuple[list[Added], int]:
    least, files = servers.settings.min_threshold_ms, NamedFiles()
    draft = campaign_file.load(file, least, files.hash_of)
    change = await servers.change()
    added = await files.add(Library(servers.pool, servers.settings.media_dir), change.at)
    return added, await campaigns.import_draft(servers.pool, bot, draft, least, change)


def _added(added: Added) -> str:
    return f"{added.path}: the library has it, a {added.asset.kind} of {added.size} bytes, sha256:{added.asset.sha256}"


def _added_as_data(added: Added) -> dict[str, str | int]:
    return {
        "path": str(added.path),
        "kind": added.asset.kind,
        "size": added.size,
        "sha256": added.asset.sha256,
    }
