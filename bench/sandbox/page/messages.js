// Bubbles: a message's text with its Telegram entities, its buttons, and when it was said.

import { el, webAddress } from "./dom.js";
import { clock, t } from "./texts.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

// Entities are nested or apart, and count in UTF-16 units as strings do here.
export function rendered(text, entities) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return within(text, sorted, 0, text.length);
}

function within(text, entities, start, end) {
  const parts = [];
  let at = start;
  for (let i = 0; i < entities.length; ) {
    const one = entities[i];
    const stop = Math.min(end, one.offset + one.length);
    let next = i + 1;
    while (next < entities.length && entities[next].offset < stop) next += 1;
    if (one.offset > at) parts.push(text.slice(at, one.offset));
    parts.push(dressed(one, text.slice(one.offset, stop), within(text, entities.slice(i + 1, next), one.offset, stop)));
    [at, i] = [stop, next];
  }
  if (at < end) parts.push(text.slice(at, end));
  return parts;
}

function dressed(entity, plain, children) {
  const address = entity.type === "text_link" ? entity.url : entity.type === "url" ? plain : null;
  const href = address && webAddress(address);
  if (href) return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
  if (entity.type === "spoiler") return spoiler(children);
  return el(TAGS[entity.type] ?? "span", { class: TAGS[entity.type] ? undefined : "mark" }, ...children);
}

function spoiler(children) {
  const open = () => made.classList.add("open");
  const made = el("span", { class: "spoiler", role: "button", tabindex: "0", onclick: open, onkeydown: open }, ...children);
  return made;
}

export class Messages {
  constructor(box, tap) {
    this.box = box;
    this.tap = tap;
    this.shown = new WeakMap();
    this.chat = null;
  }

  // Only what differs is made anew, so that a screen reader hears each message once.
  show(chat, snapshot) {
    if (chat !== this.chat) this.clear();
    this.chat = chat;
    const atEnd = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 80;
    const { messages, relation } = snapshot.transcript;
    const tappable = relation === "started";
    messages.forEach((message, place) => this.place(message, place, snapshot, tappable));
    while (this.box.children.length > messages.length) this.box.lastChild.remove();
    if (atEnd) this.box.scrollTop = this.box.scrollHeight;
  }

  clear() {
    this.shown = new WeakMap();
    this.box.replaceChildren();
  }

  place(message, place, snapshot, tappable) {
    const key = JSON.stringify([message, tappable, document.documentElement.lang]);
    const there = this.box.children[place];
    if (there && this.shown.get(there) === key) return;
    const made = this.bubble(message, snapshot, tappable);
    this.shown.set(made, key);
    if (there) there.replaceWith(made);
    else this.box.append(made);
  }

  bubble(message, snapshot, tappable) {
    const who = message.from_bot ? t("bot") : snapshot.person.first_name;
    return el(
      "article",
      { class: `message ${message.from_bot ? "from-bot" : "from-person"} ${message.deleted ? "deleted" : ""}` },
      el("div", { class: "bubble" }, el("span", { class: "hidden" }, `${who}: `), ...said(message), foot(message)),
      message.reply_markup && !message.deleted && this.keyboard(message, tappable),
    );
  }

  keyboard(message, tappable) {
    const rows = message.reply_markup.inline_keyboard ?? [];
    return el("div", { class: "keyboard" }, ...rows.map((row) => el("div", {}, ...row.map((one) => this.button(message, one, tappable)))));
  }

  button(message, one, tappable) {
    const href = one.url && webAddress(one.url);
    if (href) return el("a", { class: "key", href, target: "_blank", rel: "noopener noreferrer" }, `${one.text} ↗`);
    const data = one.callback_data;
    const press = () => this.tap(message.message_id, data);
    return el("button", { class: "key", type: "button", disabled: !tappable || data === undefined, onclick: press }, one.text);
  }
}

function said(message) {
  if (message.deleted) return [el("em", {}, t("deleted"))];
  if (message.paid !== undefined && message.paid !== null) return [el("strong", {}, t("paidStars", { n: message.paid }))];
  return [el("span", { class: "text" }, ...rendered(message.text ?? "", message.entities ?? []))];
}

function foot(message) {
  const time = el("time", { datetime: new Date(message.at_ms).toISOString() }, clock(message.at_ms));
  return el("span", { class: "foot" }, message.edit_date ? `${t("edited")} ` : "", time);
}
