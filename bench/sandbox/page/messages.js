// The conversation: days, bubbles in runs, albums; it follows the latest message unless somebody scrolls up.

import { bubble, service } from "./bubble.js";
import { byId, el, Rows } from "./dom.js";
import { icon } from "./icons.js";
import { day, language, t } from "./texts.js";

const NEAR_PX = 80;
const RUN_MS = 300_000;

export class Messages {
  constructor(box, hand) {
    this.box = box;
    this.hand = hand;
    this.rows = new Rows(box);
    this.chat = null;
    this.missed = 0;
    box.addEventListener("scroll", () => this.isAtEnd() && this.miss(0));
    new ResizeObserver(() => this.follows && this.toEnd()).observe(box);
    byId("to-end").addEventListener("click", () => this.toEnd());
  }

  isAtEnd() {
    this.follows = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_PX;
    return this.follows;
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
    this.miss(0);
  }

  miss(count) {
    this.missed = count;
    byId("to-end").hidden = this.isAtEnd();
    byId("to-end").replaceChildren(icon("down"), ...(count ? [el("span", { class: "badge" }, String(count))] : []));
    byId("to-end").setAttribute("aria-label", t("toEnd"));
  }

  show(chat, snapshot, bot) {
    const isNew = chat !== this.chat;
    if (isNew) this.clear();
    this.chat = chat;
    const { messages, relation } = snapshot.transcript;
    const follow = isNew || this.isAtEnd() || messages.at(-1)?.from_bot === false;
    const latest = messages.at(-1)?.message_id ?? 0;
    const fresh = Math.max(0, latest - (this.latest ?? latest));
    this.latest = latest;
    const find = (message_id) => messages.find((one) => one.message_id === message_id);
    const scene = { person: snapshot.person.first_name, bot, isOpen: relation === "started", hand: this.hand, find };
    this.rows.show(this.laidOut(messages, snapshot.earlier, scene));
    if (follow && (fresh || isNew || this.follows)) this.toEnd();
    else this.miss(this.missed + fresh);
  }

  jump(message_id) {
    const there = this.box.querySelector(`[data-message="${message_id}"]`);
    there?.scrollIntoView({ block: "center" });
    there?.classList.add("found");
    setTimeout(() => there?.classList.remove("found"), 1200);
  }

  clear() {
    this.rows.clear();
    this.chat = null;
    this.latest = undefined;
    this.missed = 0;
    byId("to-end").hidden = true;
  }

  explain(...steps) {
    this.clear();
    this.box.replaceChildren(...steps);
  }

  laidOut(messages, earlier, scene) {
    const rows = earlier ? [note("earlier", t("earlier", { n: earlier }))] : [];
    const groups = grouped(messages);
    groups.forEach((group, place) => {
      const today = day(group[0].at_ms);
      if (!place || day(groups[place - 1].at(-1).at_ms) !== today) rows.push(note(`day ${today}`, today));
      rows.push(row(group, scene, position(groups, place)));
    });
    return rows;
  }
}

function note(key, text) {
  return { key, mark: text, make: () => el("p", { class: "service" }, text) };
}

function row(group, scene, place) {
  const isService = group[0].paid !== undefined && group[0].paid !== null;
  return {
    key: `m${group[0].message_id}`,
    mark: JSON.stringify([group, place, scene.person, scene.bot, scene.isOpen, language()]),
    make: () => (isService ? service(group[0], scene) : bubble(group, scene, place)),
  };
}

// The messages of an album follow each other and are shown as one.
function grouped(messages) {
  const groups = [];
  for (const one of messages) {
    const last = groups.at(-1);
    if (one.album && last?.[0].album === one.album && last[0].from_bot === one.from_bot) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

// The corners of a bubble depend on its position in a run of one speaker.
function position(groups, place) {
  const [before, here, after] = [groups[place - 1], groups[place], groups[place + 1]];
  return `${runs(before, here) ? "" : "first"} ${runs(here, after) ? "" : "last"}`.trim();
}

function runs(one, other) {
  if (!one || !other) return false;
  const [end, start] = [one.at(-1), other[0]];
  const plain = [end, start].every((message) => message.paid === undefined || message.paid === null);
  return plain && end.from_bot === start.from_bot && start.at_ms - end.at_ms < RUN_MS && day(end.at_ms) === day(start.at_ms);
}
