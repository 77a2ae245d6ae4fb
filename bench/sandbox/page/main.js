// The page put together: the address says who is played, two streams bring the state, and acts go to the control port.

import { act, ask, say, sendFile } from "./acts.js";
import { chosen as fromAddress, go, keyOf, leave, settle } from "./address.js";
import { Answers } from "./answers.js";
import { appear, toggleAppearance } from "./appearance.js";
import { Cast } from "./cast.js";
import { drawChatWords, drawDeeds, drawHead, welcome } from "./chat.js";
import { Commands } from "./commands.js";
import { Composer } from "./composer.js";
import { Exchanges } from "./exchanges.js";
import { byId } from "./dom.js";
import { icon } from "./icons.js";
import { markWaiting } from "./keyboard.js";
import { Knowledge } from "./knowledge.js";
import { Messages } from "./messages.js";
import { askPayment } from "./payment.js";
import { ReplyKeyboard } from "./reply-keyboard.js";
import { settleIn } from "./sandbox-links.js";
import { help, listen } from "./shortcuts.js";
import { Streams } from "./streams.js";
import { choose, language, t } from "./texts.js";

const WIDE = matchMedia("(min-width: 861px)");

let bots = [];
let chosen = null;
let snapshot = null;

const cast = new Cast(byId("cast"), addPerson);
const knowledge = new Knowledge(byId("knowledge"));
const exchanges = new Exchanges(byId("exchanges"));
const messages = new Messages(byId("messages"), {
  tap: (message_id, data) => act(chosen, "tap", { message_id, data }),
  pay: () => pay(),
  command: (text) => say(chosen, text),
  edit: (message) => composer.edit(message),
  vote: (message_id, options) => act(chosen, "vote", { message_id, options }),
  jump: (message_id) => messages.jump(message_id),
});
const composer = new Composer({
  say: (text) => say(chosen, text),
  rewrite: (message_id, text) => act(chosen, "edit", { message_id, text }),
  file: (kind, file, text) => sendFile(chosen, kind, file, text),
  last: () => snapshot?.transcript.messages.findLast((one) => !one.from_bot && one.text && !one.media && !one.deleted),
});
const commands = new Commands(byId("text"), (text) => composer.say(text));
const replies = new ReplyKeyboard((text) => say(chosen, text));
const answers = new Answers((waiting) => markWaiting(byId("messages"), waiting));
const streams = new Streams({ cast: hearCast, chat: hearChat, gone: forget });

function follow() {
  chosen = fromAddress();
  snapshot = null;
  composer.forget();
  show(chosen ? "chat" : "people");
  draw();
  streams.watch(chosen);
}

function hearCast(seen) {
  bots = seen;
  const [first] = bots.flatMap((bot) => bot.people.map((person) => [bot.username, person.id]));
  if (!chosen && first && WIDE.matches) {
    settle(`#${keyOf(...first)}`);
    return follow();
  }
  drawCast();
  if (chosen) drawHead(chosen, snapshot, cast.nameOf(chosen.bot));
}

function hearChat(seen) {
  const isFirst = snapshot === null;
  snapshot = seen;
  drawChat();
  if (isFirst && WIDE.matches) composer.focus();
}

function forget() {
  settle("");
  follow();
}

async function addPerson(bot) {
  const people = await ask("people", { count: 1 });
  if (people) go(bot, people[0].id);
}

function pay() {
  askPayment((deed, order) => act(chosen, deed, order));
}

function toggleBlock() {
  act(chosen, snapshot.transcript.relation === "blocked" ? "unblock" : "block");
}

// A payload is good for one start: after it the chat is like any other.
async function begin() {
  const { bot, person, payload } = chosen;
  const isDone = await act(chosen, "start", payload ? { payload } : {});
  if (isDone && payload && chosen?.payload === payload) {
    settle(`#${keyOf(bot, person)}`);
    chosen = fromAddress();
    drawChat();
  }
  return isDone;
}

function step(by) {
  const { chats } = cast;
  const here = fromAddress();
  const at = chats.findIndex((one) => one.bot === here?.bot && one.person === here.person);
  const next = chats[Math.max(0, at + by)];
  if (next) go(next.bot, next.person);
}

function show(pane) {
  document.body.dataset.pane = pane;
}

function back() {
  if (document.body.dataset.pane === "engine") return show("chat");
  if (!WIDE.matches) return leave();
  byId("cast").querySelector("[aria-current]")?.focus();
}

function draw() {
  drawCast();
  drawChat();
}

function drawCast() {
  settleIn(bots, chosen);
  cast.show(bots, chosen);
  const name = snapshot && chosen ? `${snapshot.person.first_name} · ${cast.nameOf(chosen.bot)}` : t("title");
  document.title = cast.unread ? `(${cast.unread}) ${name}` : name;
}

function drawChat() {
  const bot = chosen && cast.nameOf(chosen.bot);
  drawHead(chosen, snapshot, bot);
  if (!snapshot) return drawNothing();
  if (snapshot.transcript.messages.length) messages.show(keyOf(chosen.bot, chosen.person), snapshot, bot);
  else messages.explain(welcome());
  drawDeeds(snapshot, chosen, bot);
  commands.show(snapshot.commands ?? []);
  replies.show(keyOf(chosen.bot, chosen.person), snapshot.transcript.keyboard, composer.isOpen);
  exchanges.show(chosen, snapshot.exchanged);
  answers.hear(keyOf(chosen.bot, chosen.person), snapshot.transcript.taps);
  knowledge.show(snapshot);
}

function drawNothing() {
  byId("hint").textContent = "";
  if (chosen) return messages.clear();
  messages.explain(welcome());
  knowledge.nothing(t("choose"));
}

function drawWords() {
  const words = {
    "people-title": "title",
    "people-hint": "peopleHint",
    "language-label": "language",
    "text-label": "message",
  };
  for (const [id, text] of Object.entries(words)) byId(id).textContent = t(text);
  byId("keys").replaceChildren(icon("keys"), t("shortcuts"));
  byId("language").value = language();
  drawChatWords();
  exchanges.drawWords();
  appear();
  draw();
}

const clicks = {
  start: begin,
  pay,
  block: toggleBlock,
  back: leave,
  "to-engine": () => show("engine"),
  "from-engine": () => show("chat"),
  appearance: toggleAppearance,
  keys: help,
};
for (const [id, deed] of Object.entries(clicks)) byId(id).addEventListener("click", () => deed());
byId("instead").addEventListener("click", async (event) => {
  const isStart = event.currentTarget.dataset.deed === "start";
  if (await (isStart ? begin() : act(chosen, event.currentTarget.dataset.deed))) setTimeout(() => composer.focus(), 200);
});
byId("language").addEventListener("change", (event) => {
  choose(event.target.value);
  drawWords();
});
listen({
  previous: () => step(-1),
  next: () => step(1),
  attach: () => composer.isOpen && byId("file").click(),
  pay: () => !byId("pay").disabled && pay(),
  block: () => snapshot && !byId("block").disabled && toggleBlock(),
  add: () => bots.length && addPerson(chosen?.bot ?? bots[0].username),
  engine: () => (WIDE.matches ? byId("knowledge").focus() : show("engine")),
  back,
  help,
});
window.addEventListener("hashchange", follow);

choose(language());
drawWords();
follow();
