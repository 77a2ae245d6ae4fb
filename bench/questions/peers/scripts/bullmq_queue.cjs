// BullMQ. Two ways to start the timer of a chat again: `add` with a deduplication id, which reschedules the job that
// waits, and `changeDelay` of a job whose handle this process still has.

const { Queue } = require("bullmq");
const { asked, run } = require("./protocol.cjs");

const connection = { url: process.env.REDIS_URL };

async function main() {
  const queue = new Queue("chats", { connection, defaultJobOptions: { removeOnComplete: true } });
  const jobs = new Map();

  const add = (chat, delay_s) =>
    queue.add("check", { chat }, { delay: 1000 * delay_s, deduplication: { id: `chat-${chat}`, reschedule: true } });

  const changeDelay = async (chat, delay_s) => {
    if (jobs.has(chat)) await jobs.get(chat).changeDelay(1000 * delay_s);
    else jobs.set(chat, await add(chat, delay_s));
  };

  await run(asked.way === "add" ? add : changeDelay);
  await queue.close();
}

main();
