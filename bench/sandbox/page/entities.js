// Text with Telegram's entities. They are nested or apart, and count in UTF-16 units as strings do here.

import { el, link } from "./dom.js";
import { icon } from "./icons.js";
import { linked } from "./sandbox-links.js";
import { t } from "./texts.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", blockquote: "blockquote" };
const SCHEMES = { email: "mailto:", phone_number: "tel:" };

// `command` is called with a tapped command; without it commands are only coloured.
export function rendered(text, entities, command) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return within({ text, command }, sorted, 0, text.length);
}

function within(scene, entities, start, end) {
  const parts = [];
  let at = start;
  for (let i = 0; i < entities.length; ) {
    const one = entities[i];
    const stop = Math.min(end, one.offset + one.length);
    let next = i + 1;
    while (next < entities.length && entities[next].offset < stop) next += 1;
    if (one.offset > at) parts.push(scene.text.slice(at, one.offset));
    const children = within(scene, entities.slice(i + 1, next), one.offset, stop);
    parts.push(dressed(one, scene.text.slice(one.offset, stop), children, scene.command));
    [at, i] = [stop, next];
  }
  if (at < end) parts.push(scene.text.slice(at, end));
  return parts;
}

function dressed(entity, plain, children, command) {
  const away = leading(entity, plain, children);
  if (away) return away;
  const special = { spoiler, pre, expandable_blockquote: expandable, date_time: moment, custom_emoji: emoji }[entity.type];
  if (special) return special(children, entity, plain);
  if (entity.type === "bot_command" && command) return el("button", { type: "button", class: "command", onclick: () => command(plain) }, ...children);
  return el(TAGS[entity.type] ?? "span", { class: TAGS[entity.type] ? undefined : "mark" }, ...children);
}

function leading(entity, plain, children) {
  if (entity.type === "text_link") return linked(entity.url, {}, ...children);
  if (entity.type === "url") return linked(plain, {}, ...children);
  if (entity.type === "mention") return mentioned(plain, children);
  return entity.type in SCHEMES ? link(SCHEMES[entity.type] + plain.replace(/[^\w@.+-]/g, ""), {}, ...children) : null;
}

// Only bots of the sandbox can be met here.
function mentioned(plain, children) {
  const made = linked(`https://t.me/${plain.slice(1)}`, {}, ...children);
  return made.target ? null : made;
}

function spoiler(children) {
  const open = (event) => {
    if (event.type === "keydown" && !["Enter", " "].includes(event.key)) return;
    made.classList.add("open");
    made.removeAttribute("role");
    made.removeAttribute("tabindex");
  };
  const made = el("span", { class: "spoiler", role: "button", tabindex: "0", title: t("reveal"), onclick: open, onkeydown: open }, ...children);
  return made;
}

function pre(children, entity, plain) {
  const copy = () => navigator.clipboard?.writeText(plain);
  const name = el("span", {}, entity.language ?? t("code"));
  const button = el("button", { type: "button", onclick: copy, "aria-label": t("copy"), title: t("copy") }, icon("copy"));
  return el("span", { class: "code-block" }, el("span", { class: "code-head" }, name, button), el("pre", {}, ...children));
}

function expandable(children) {
  const toggle = () => more.setAttribute("aria-expanded", String(quote.classList.toggle("open")));
  const more = el("button", { type: "button", class: "unfold", "aria-expanded": "false", "aria-label": t("unfold"), onclick: toggle }, icon("down"));
  const quote = el("blockquote", { class: "expandable" }, el("span", { class: "quoted" }, ...children), more);
  return quote;
}

function moment(children, entity) {
  const at = new Date(entity.unix_time * 1000);
  if (Number.isNaN(at.getTime())) return el("span", { class: "mark" }, ...children);
  return el("time", { class: "mark", datetime: at.toISOString(), title: at.toLocaleString() }, ...children);
}

function emoji(children, entity) {
  return el("span", { class: "custom-emoji", title: entity.custom_emoji_id }, ...children);
}
