// Inline keyboards: what each kind of button does, and which of them wait for the bot.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { copy } from "./notices.js";
import { linked } from "./sandbox-links.js";
import { t } from "./texts.js";

const STYLES = new Set(["primary", "success", "danger"]);

// `hand` has tap(message_id, data) and pay(); the buttons of a closed chat do nothing.
export function keyboard(message, isOpen, hand) {
  const rows = message.reply_markup.inline_keyboard ?? [];
  const made = rows.map((row) => el("div", {}, ...row.map((one) => button(message, one, isOpen, hand))));
  return el("div", { class: "keyboard" }, ...made);
}

function button(message, one, isOpen, hand) {
  const kind = STYLES.has(one.style) ? `key ${one.style}` : "key";
  const url = one.url ?? one.login_url?.url;
  const away = url && linked(url, { class: kind }, one.text, corner("away"));
  if (away) return away;
  const [press, sign, props] = deed(message, one, hand);
  const dead = !press || (!isOpen && sign !== "copy");
  return el("button", { class: kind, type: "button", disabled: dead, onclick: press, ...props }, el("span", {}, one.text), sign && corner(sign));
}

function deed(message, one, hand) {
  if (one.callback_data !== undefined) {
    const where = { "data-tap": tapKey(message.message_id, one.callback_data), "data-key": tapKey(message.message_id, one.callback_data) };
    return [() => hand.tap(message.message_id, one.callback_data), null, where];
  }
  if (one.copy_text) return [() => copy(one.copy_text.text), "copy", { title: one.copy_text.text }];
  if (one.pay) return [() => hand.pay(), "star", {}];
  return [null, null, { title: t("notPlayed") }];
}

const corner = (name) => el("span", { class: "corner" }, icon(name));
const tapKey = (message_id, data) => `tap ${message_id} ${data}`;

export function markWaiting(box, taps) {
  const waiting = new Set(taps.map((one) => tapKey(one.message_id, one.data)));
  for (const one of box.querySelectorAll("[data-tap]")) {
    if (waiting.has(one.dataset.tap)) one.setAttribute("aria-busy", "true");
    else one.removeAttribute("aria-busy");
  }
}
