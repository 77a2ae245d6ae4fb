// The page: whom one plays, what one does, and two streams that tell what is. A hidden page watches nothing.

import { avatar, byId, el } from "./dom.js";
import { Knowledge } from "./knowledge.js";
import { Messages } from "./messages.js";
import { choose, clock, language, t } from "./texts.js";

const RETRY_MS = 1000;

const knowledge = new Knowledge(byId("knowledge"));
const messages = new Messages(byId("messages"), (message_id, data) => act("tap", { message_id, data }));
const read = new Map();
let cast = [];
let chosen = fromAddress();
let snapshot = null;
let streams = [];
let toastTimer = 0;

// What is chosen stands in the address, so that a reload shows the same chat.

function fromAddress() {
  const [, bot, person] = /^#([\w@]+)\/(\d+)$/.exec(location.hash) ?? [];
  return bot ? { bot, person: Number(person) } : null;
}

const key = (bot, person) => `${bot}/${person}`;
const isChosen = (bot, person) => chosen?.bot === bot && chosen.person === person;

function pick(bot, person) {
  chosen = { bot, person };
  history.replaceState(null, "", `#${bot}/${person}`);
  snapshot = null;
  show("chat");
  drawCast();
  drawChat();
  watch();
  byId("composer").querySelector("textarea:not([hidden]), button:not([hidden])")?.focus();
}

// Streams

function watch() {
  streams.forEach((one) => one.close());
  streams = [];
  if (document.hidden) return;
  streams = [open("live", hearCast)];
  if (chosen) streams.push(open(`live/${chosen.bot}/${chosen.person}`, hearChat));
}

function open(path, hear) {
  const source = new EventSource(path);
  source.onmessage = (event) => hear(JSON.parse(event.data));
  source.onopen = () => offline(false);
  source.onerror = () => {
    if (!streams.includes(source)) return;
    if (source.readyState !== EventSource.CLOSED) return offline(true);
    setTimeout(() => comeBack(source), RETRY_MS);
  };
  return source;
}

// A stream that was refused does not come again by itself: the person may be gone, with an earlier sandbox.
async function comeBack(source) {
  if (!streams.includes(source)) return;
  const bots = await ask("cast");
  if (!bots) return void setTimeout(() => comeBack(source), RETRY_MS);
  const known = chosen && bots.find((bot) => bot.username === chosen.bot)?.people.some((one) => one.id === chosen.person);
  if (!known) [chosen, snapshot] = [null, null];
  hearCast(bots);
  drawChat();
  watch();
}

function hearCast(bots) {
  cast = bots;
  const first = bots.flatMap((bot) => bot.people.map((person) => [bot.username, person.id]))[0];
  if (!chosen && first && matchMedia("(min-width: 861px)").matches) return pick(...first);
  drawCast();
}

function hearChat(seen) {
  snapshot = seen;
  drawChat();
}

function offline(isOffline) {
  byId("offline").hidden = !isOffline;
  byId("offline").textContent = t("offline");
}

// Acts

async function ask(path, content) {
  const asked = content === undefined ? {} : { method: "POST", body: JSON.stringify(content) };
  try {
    const answer = await fetch(path, asked);
    const told = await answer.json();
    if (answer.ok) return told;
    toast(t("refused", { why: told.error }));
  } catch {
    offline(true);
  }
  return null;
}

async function act(deed, more = {}) {
  if (!chosen) return false;
  const results = await ask("acts", [{ deed, ...chosen, ...more }]);
  if (results?.[0].error) toast(t("refused", { why: results[0].error }));
  return Boolean(results && !results[0].error);
}

async function addPerson(bot) {
  const people = await ask("people", { count: 1 });
  if (people) pick(bot, people[0].id);
}

async function write(event) {
  event.preventDefault();
  const box = byId("text");
  const text = box.value.trim();
  if (!text || byId("send").hidden) return;
  box.value = "";
  grow();
  if (!(await act("write", { text })) && !box.value) box.value = text;
}

function toast(text) {
  byId("toast").textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (byId("toast").textContent = ""), 5000);
}

// Drawing

function drawCast() {
  const focused = document.activeElement?.dataset?.key;
  byId("cast").replaceChildren(...cast.map(botSection));
  if (focused) byId("cast").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function botSection(bot) {
  const add = () => addPerson(bot.username);
  const label = t("addPersonTo", { bot: `@${bot.username}` });
  const people = bot.people.map((person) => el("li", {}, personButton(bot, person)));
  return el(
    "section",
    { "aria-label": bot.name },
    el(
      "div",
      { class: "bot" },
      el("h2", {}, bot.name, el("span", { class: "muted" }, ` @${bot.username}`)),
      el("button", { type: "button", class: "add", onclick: add, "aria-label": label, "data-key": `+${bot.username}` }, `+ ${t("addPerson")}`),
    ),
    people.length ? el("ul", {}, ...people) : el("p", { class: "muted nobody" }, t("nobody")),
    bot.more ? el("p", { class: "muted nobody" }, t("more", { n: bot.more })) : null,
  );
}

function personButton(bot, person) {
  const here = isChosen(bot.username, person.id);
  if (here) read.set(key(bot.username, person.id), person.messages);
  const unread = here ? 0 : person.messages - (read.get(key(bot.username, person.id)) ?? 0);
  return el(
    "button",
    {
      type: "button",
      class: "person",
      "aria-current": here ? "true" : undefined,
      "data-key": key(bot.username, person.id),
      onclick: () => pick(bot.username, person.id),
    },
    avatar(person.id, person.first_name),
    el("span", { class: "about" }, el("strong", {}, person.first_name), el("span", { class: "muted" }, preview(person))),
    el(
      "span",
      { class: "aside" },
      person.last_ms ? el("time", { class: "muted" }, clock(person.last_ms).slice(0, 5)) : null,
      unread > 0 ? el("span", { class: "badge" }, String(unread), el("span", { class: "hidden" }, ` (${t("unread", { n: unread })})`)) : null,
    ),
  );
}

function preview(person) {
  if (person.relation === "blocked" || person.relation === "deleted") return t(`relation_${person.relation}`);
  if (!person.messages) return t("neverStarted");
  return person.last_text ?? t("paid");
}

function drawChat() {
  const bot = chosen && `@${chosen.bot}`;
  const name = snapshot?.person.first_name;
  byId("actions").hidden = byId("composer").hidden = !snapshot;
  byId("chat-title").textContent = name ?? (chosen ? "…" : t("welcome"));
  byId("chat-hint").textContent = chosen ? t("writesTo", { bot }) : "";
  byId("chat-avatar").hidden = !snapshot;
  if (!chosen) return welcome();
  if (!snapshot) return messages.clear();
  byId("chat-avatar").className = `avatar hue-${snapshot.person.id % 6}`;
  byId("chat-avatar").textContent = [...name][0];
  if (snapshot.transcript.messages.length) messages.show(key(chosen.bot, chosen.person), snapshot);
  else explain();
  drawDeeds(snapshot.transcript.relation, bot, name);
  knowledge.show(snapshot);
}

function welcome() {
  explain();
  knowledge.nothing(t("choose"));
}

function explain() {
  byId("hint").textContent = "";
  const steps = ["welcome1", "welcome2", "welcome3", "welcome4"].map((step) => el("li", {}, t(step)));
  messages.clear();
  messages.chat = null;
  byId("messages").replaceChildren(el("ol", { class: "welcome" }, ...steps));
}

// As in a messenger: who has not started can only start, who has blocked can only unblock.
function drawDeeds(relation, bot, name) {
  const instead = { never: ["start", t("start")], blocked: ["unblock", t("unblock")], deleted: ["", t("relation_deleted")] }[relation];
  byId("text").hidden = byId("send").hidden = Boolean(instead);
  byId("instead").hidden = !instead;
  byId("instead").disabled = instead?.[0] === "";
  if (instead) [byId("instead").dataset.deed, byId("instead").textContent] = instead;
  for (const id of ["start", "pay", "block"]) byId(id).disabled = relation !== "started";
  byId("text").placeholder = t("writeAs", { name });
  byId("hint").textContent = relation === "never" ? t("startFirst", { bot }) : "";
}

function drawWords() {
  document.title = t("title");
  const words = {
    "people-title": "title",
    "people-hint": "peopleHint",
    "language-label": "language",
    "engine-title": "engine",
    "text-label": "message",
    start: "start",
    pay: "pay",
    block: "block",
    send: "send",
  };
  for (const [id, text] of Object.entries(words)) byId(id).textContent = t(text);
  for (const tab of byId("tabs").children) tab.textContent = t(`tab_${tab.dataset.pane}`);
  byId("language").value = language();
  drawCast();
  drawChat();
}

function show(pane) {
  document.body.dataset.pane = pane;
  for (const tab of byId("tabs").children) tab.setAttribute("aria-pressed", String(tab.dataset.pane === pane));
}

function grow() {
  const box = byId("text");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
}

byId("composer").addEventListener("submit", write);
byId("text").addEventListener("input", grow);
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) write(event);
});
byId("instead").addEventListener("click", async (event) => {
  if (await act(event.currentTarget.dataset.deed)) byId("text").focus();
});
for (const deed of ["start", "pay", "block"]) byId(deed).addEventListener("click", () => act(deed));
for (const tab of byId("tabs").children) tab.addEventListener("click", () => show(tab.dataset.pane));
byId("language").addEventListener("change", (event) => {
  choose(event.target.value);
  drawWords();
});
document.addEventListener("visibilitychange", watch);

choose(language());
show(chosen ? "chat" : "people");
drawWords();
watch();
