// The conversation: days, bubbles in runs, albums; it follows the latest message unless somebody scrolls up.

import { bubble, service } from "./bubble.js";
import { byId, el, Rows } from "./dom.js";
import { icon } from "./icons.js";
import { day, language, t } from "./texts.js";

const NEAR_PX = 80;
const RUN_MS = 300_000;
const FOLDED_FROM = 3;

export class Messages {
  constructor(box, hand) {
    this.box = box;
    this.hand = hand;
    this.rows = new Rows(box);
    this.chat = null;
    this.missed = 0;
    this.unfolded = new Set();
    box.addEventListener("scroll", () => this.isAtEnd() && this.miss(0));
    this.height = 0;
    new ResizeObserver(() => this.resize()).observe(box);
    byId("to-end").addEventListener("click", () => this.toEnd());
  }

  resize() {
    this.height = this.box.clientHeight;
    if (this.follows) this.toEnd();
  }

  // A box that has just become lower, because a keyboard came beneath it, has not been scrolled: its old height counts.
  isAtEnd() {
    const height = Math.max(this.height, this.box.clientHeight);
    this.follows = this.box.scrollHeight - this.box.scrollTop - height < NEAR_PX;
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
    this.again = () => this.show(chat, snapshot, bot);
    const scene = { person: snapshot.person.first_name, bot, isOpen: relation === "started", hand: this.hand, find };
    this.rows.show(this.laidOut(snapshot, scene));
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
    this.unfolded.clear();
    this.chat = null;
    this.latest = undefined;
    this.missed = 0;
    byId("to-end").hidden = true;
  }

  explain(...steps) {
    this.clear();
    this.box.replaceChildren(...steps);
  }

  laidOut({ transcript, earlier }, scene) {
    const rows = earlier ? [note("earlier", t("earlier", { n: earlier }))] : [];
    const groups = grouped(transcript.messages);
    const invented = [...transcript.unmodelled];
    const folded = this.folded(groups);
    groups.forEach((group, place) => {
      while (invented[0]?.after < group[0].message_id) rows.push(unmodelled(invented.shift()));
      const today = day(group[0].at_ms);
      if (!place || day(groups[place - 1].at(-1).at_ms) !== today) rows.push(note(`day ${today}`, today));
      const fold = folded.get(group);
      if (fold === undefined) rows.push(row(group, scene, position(groups, place)));
      else if (fold) rows.push(this.fold(group, fold));
    });
    return [...rows, ...invented.map(unmodelled)];
  }

  // A run of deleted messages is folded, unless somebody unfolded it: its first group has their number, the others 0.
  folded(groups) {
    const folded = new Map();
    for (let first = 0; first < groups.length; first += 1) {
      let end = first;
      while (end < groups.length && groups[end].every((one) => one.deleted)) end += 1;
      const run = groups.slice(first, end);
      if (run.length >= FOLDED_FROM && !this.unfolded.has(run[0][0].message_id)) run.forEach((group, place) => folded.set(group, place ? 0 : run.flat().length));
      first = Math.max(first, end - 1);
    }
    return folded;
  }

  fold(group, count) {
    const { message_id } = group[0];
    const open = () => {
      this.unfolded.add(message_id);
      this.again();
    };
    const words = t("folded", { n: count });
    return { key: `fold ${message_id}`, mark: words, make: () => el("button", { type: "button", class: "service fold", onclick: open }, icon("trash"), words) };
  }
}

function note(key, text) {
  return { key, mark: text, make: () => el("p", { class: "service" }, text) };
}

function unmodelled({ method, at_ms }) {
  const words = t("unmodelled", { method });
  return { key: `unmodelled ${method} ${at_ms}`, mark: words, make: () => el("p", { class: "service unmodelled", title: t("unmodelledWhy") }, words) };
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
