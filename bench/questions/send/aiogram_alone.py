"""`python -m bench.questions.send.aiogram_alone JOB`: aiogram and nothing else, as its documentation shows it.

For each bot one loop sends the same text to one chat after the other; the loops run side by side. One JSON line on
stdout says how long it took, and how much CPU.
"""

import asyncio
import sys
import time
from pathlib import Path

import msgspec
import uvloop
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer


class Job(msgspec.Struct, frozen=True):
    api_url: str
    tokens: list[str]
    chats: list[int]
    text: str


class Done(msgspec.Struct, frozen=True):
    messages: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return self.messages / self.wall_s

    @property
    def cpu_ms_per_message(self) -> float:
        return 1000 * self.cpu_s / self.messages


async def _send(bot: Bot, job: Job) -> None:
    for chat in job.chats:
        await bot.send_message(chat, job.text)


async def _run(job: Job) -> Done:
    session = AiohttpSession(api=TelegramAPIServer.from_base(job.api_url))
    bots = [Bot(token, session=session) for token in job.tokens]
    began_s, used_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_send(bot, job) for bot in bots))
    done = Done(len(bots) * len(job.chats), time.perf_counter() - began_s, time.process_time() - used_s)
    await session.close()
    return done


def main() -> None:
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
    print(msgspec.json.encode(uvloop.run(_run(job))).decode())


if __name__ == "__main__":
    main()
