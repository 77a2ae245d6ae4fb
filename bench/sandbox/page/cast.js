// The left column: bots, the people who met them, the last message, and the number of unread ones.

import { ask } from "./acts.js";
import { addressOf, keyOf } from "./address.js";
import { avatar, el, Rows } from "./dom.js";
import { icon } from "./icons.js";
import { copy } from "./notices.js";
import { clock, day, language, t } from "./texts.js";

const READ = "read";

export class Cast {
  constructor(box, add) {
    this.box = box;
    this.add = add;
    this.bots = [];
    this.sections = new Map();
    this.read = new Map(JSON.parse(sessionStorage.getItem(READ) ?? "[]"));
  }

  // The `chosen` chat counts as read.
  show(bots, chosen) {
    this.bots = bots;
    this.chosen = chosen;
    const known = new Set(bots.map((bot) => bot.username));
    for (const [name, { node }] of this.sections) if (!known.has(name)) node.remove(), this.sections.delete(name);
    bots.forEach((bot) => this.section(bot).show(this.rows(bot)));
    sessionStorage.setItem(READ, JSON.stringify([...this.read].slice(-500)));
  }

  get unread() {
    return this.bots.flatMap((bot) => bot.people.map((person) => this.unreadOf(bot, person))).reduce((sum, one) => sum + one, 0);
  }

  // The chats in the order of the list.
  get chats() {
    return this.bots.flatMap((bot) => bot.people.map((person) => ({ bot: bot.username, person: person.id })));
  }

  nameOf(username) {
    return this.bots.find((bot) => bot.username === username)?.name ?? username;
  }

  section(bot) {
    const there = this.sections.get(bot.username);
    if (there) return there.rows;
    const list = el("ul", { class: "people" });
    const node = el("section", { "aria-label": bot.name }, list);
    this.box.append(node);
    const rows = new Rows(list);
    this.sections.set(bot.username, { node, rows });
    return rows;
  }

  rows(bot) {
    const note = bot.people.length ? (bot.more ? t("more", { n: bot.more }) : "") : t("nobody");
    return [
      { key: "head", mark: language(), make: () => this.head(bot) },
      ...bot.people.map((person) => this.row(bot, person)),
      ...(note ? [{ key: "note", mark: note, make: () => el("li", { class: "muted nobody" }, note) }] : []),
    ];
  }

  head(bot) {
    const label = t("addPersonTo", { bot: `@${bot.username}` });
    const add = () => this.add(bot.username);
    const token = t("copyToken", { bot: `@${bot.username}` });
    return el(
      "li",
      { class: "bot" },
      el("h2", {}, bot.name, el("span", { class: "muted" }, ` @${bot.username}`)),
      el("button", { type: "button", class: "quiet token", onclick: () => copyToken(bot.username), "aria-label": token, title: token, "data-key": `token ${bot.username}` }, icon("copy")),
      el("button", { type: "button", class: "add", onclick: add, "aria-label": label, title: label, "data-key": `+${bot.username}` }, icon("plus"), t("addPerson")),
    );
  }

  row(bot, person) {
    const here = this.chosen?.bot === bot.username && this.chosen.person === person.id;
    if (here && !document.hidden) this.read.set(keyOf(bot.username, person.id), person.messages);
    const unread = here ? 0 : this.unreadOf(bot, person);
    const mark = JSON.stringify([person, here, unread, language(), day(Date.now())]);
    return { key: keyOf(bot.username, person.id), mark, make: () => el("li", {}, entry(bot, person, here, unread)) };
  }

  unreadOf(bot, person) {
    return Math.max(0, person.messages - (this.read.get(keyOf(bot.username, person.id)) ?? 0));
  }
}

async function copyToken(username) {
  const bots = await ask("bots");
  const found = bots?.find((bot) => bot.username === username);
  if (found) copy(found.token);
}

function entry(bot, person, here, unread) {
  return el(
    "a",
    { class: "person", href: addressOf(bot.username, person.id), "aria-current": here ? "true" : undefined, "data-key": keyOf(bot.username, person.id) },
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
  if (!person.last_kind) return person.last_text ?? "";
  return [t(`kind_${person.last_kind}`), person.last_text].filter(Boolean).join(" · ");
}
