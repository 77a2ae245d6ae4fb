// What protocol.py is for Python: asked by environment variables, answered in JSON lines.

const { writeSync } = require("node:fs");

const asked = JSON.parse(process.env.ASKED);
const DELAY_S = 600;

const say = (fields) => writeSync(1, `${JSON.stringify(fields)}\n`);
const now_s = () => Date.now() / 1000;
const begun = (chat) => say({ chat, at_s: now_s() });

function* armed() {
  for (let message = 0; message < asked.messages; message += 1)
    for (let chat = 0; chat < asked.chats; chat += 1)
      yield [chat, asked.first_s ? asked.first_s + chat / asked.rate - now_s() : DELAY_S];
}

function* touches(end_s) {
  for (;;)
    for (let chat = 0; chat < asked.chats; chat += 1) {
      if (now_s() > end_s) return;
      yield [chat, DELAY_S];
    }
}

async function all(touch, callers, messages) {
  let done = 0;
  const caller = async () => {
    for (let next = messages.next(); !next.done; next = messages.next()) {
      await touch(...next.value);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return done;
}

async function run(touch, callers = 64) {
  await all(touch, callers, armed());
  say({ armed_s: now_s() });
  if (!asked.seconds) return;
  const began_s = now_s();
  const before = process.cpuUsage();
  const done = await all(touch, callers, touches(began_s + asked.seconds));
  const { user, system } = process.cpuUsage(before);
  say({ touches: done, seconds: now_s() - began_s, cpu_s: (user + system) / 1e6 });
}

module.exports = { asked, begun, run };
