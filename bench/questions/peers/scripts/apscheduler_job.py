"""APScheduler 3. Its scheduler holds the store alone, so that one process both arms the timers and runs the jobs."""

import signal
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.redis import RedisJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from protocol import ASKED, REDIS_URL, begun, run
from redis import Redis

store = RedisJobStore()
store.redis = Redis.from_url(REDIS_URL)
scheduler = BackgroundScheduler(jobstores={"default": store}, job_defaults={"misfire_grace_time": None})


def check(chat: int) -> None:
    begun(chat)


def touch(chat: int, delay_s: float) -> None:
    due = datetime.now(UTC) + timedelta(seconds=delay_s)
    scheduler.add_job(check, "date", run_date=due, args=(chat,), id=str(chat), replace_existing=True)


if __name__ == "__main__":
    scheduler.start()
    run(touch)
    if "first_s" in ASKED:
        signal.pause()
    scheduler.shutdown(wait=False)
