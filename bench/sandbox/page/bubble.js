// One message: media, text, buttons, and the small marks that say what happened to it.

import { el } from "./dom.js";
import { rendered } from "./entities.js";
import { icon } from "./icons.js";
import { keyboard } from "./keyboard.js";
import { isBare, isVisual, media } from "./media.js";
import { poll } from "./poll.js";
import { clock, t } from "./texts.js";

const ALBUM_ROWS = { 1: [1], 2: [2], 3: [1, 2], 4: [2, 2], 5: [2, 3], 6: [3, 3], 7: [2, 2, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [2, 2, 3, 3] };

// `scene` has person, bot, isOpen and hand. Several messages make an album: shown as one.
export function bubble(messages, scene, place) {
  const [first] = messages;
  const captioned = messages.find((one) => one.text) ?? first;
  const who = first.from_bot ? scene.bot : scene.person;
  return el(
    "article",
    { class: classes(messages, captioned, place), "data-message": first.message_id },
    fitted(
      "div",
      { class: "bubble", ondblclick: () => !first.from_bot && first.text && !first.media && scene.hand.edit(first) },
      el("span", { class: "hidden" }, `${who}: `),
      messages.some((one) => one.deleted) && el("span", { class: "gone" }, icon("trash"), t(first.from_bot ? "deletedByBot" : "deleted")),
      first.reply_to && quote(first.reply_to, scene),
      ...(captioned.caption_above ? [said(captioned, scene), shown(messages, scene)] : [shown(messages, scene), said(captioned, scene)]),
      foot(messages),
    ),
    first.reply_markup && !first.deleted && keyboard(first, scene.isOpen, scene.hand),
  );
}

// Words beside a picture are no wider than the picture.
function fitted(...parts) {
  const made = el(...parts);
  const frame = made.querySelector(".album, .frame");
  if (frame) made.style.maxWidth = `min(100%, calc(${frame.style.width || "380px"} + 8px))`;
  return made;
}

export function service(message, scene) {
  return el("p", { class: "service" }, icon("star"), t("paidStars", { name: scene.person, n: message.paid }));
}

function classes(messages, captioned, place) {
  const [first] = messages;
  const carried = messages.filter((one) => one.media);
  return [
    "message",
    first.from_bot ? "from-bot" : "from-person",
    place,
    first.deleted && "deleted",
    carried.length && isVisual(carried[0].media) && "visual",
    carried.length && isBare(carried[0].media) && "bare",
    carried.length && !captioned.text && "wordless",
  ]
    .filter(Boolean)
    .join(" ");
}

function said(message, scene) {
  if (!message.text) return null;
  const command = scene.isOpen && message.from_bot ? scene.hand.command : null;
  return el("div", { class: "text" }, ...rendered(message.text, message.entities ?? [], command));
}

function quote(message_id, scene) {
  const known = scene.find(message_id);
  const who = known ? (known.from_bot ? scene.bot : scene.person) : t("message");
  const words = known?.text ?? (known?.media ? t(`kind_${known.media.kind}`) : `#${message_id}`);
  const jump = () => scene.hand.jump(message_id);
  return el("button", { type: "button", class: "reply", onclick: jump }, el("strong", {}, who), el("span", {}, words));
}

function shown(messages, scene) {
  if (messages.length > 1) return album(messages);
  const [one] = messages;
  if (one.media?.poll) return poll(one.message_id, one.media.poll, scene);
  return one.media ? el("div", { class: "media" }, media(one.media)) : null;
}

function album(messages) {
  if (!messages.every((one) => one.media && isVisual(one.media))) {
    return el("div", { class: "media stack" }, ...messages.map((one) => one.media && media(one.media)));
  }
  const spans = (ALBUM_ROWS[messages.length] ?? messages.map(() => 3)).flatMap((count) => Array(count).fill(6 / count));
  const tiles = messages.map((one, place) => {
    const tile = el("div", { class: one.deleted ? "cell deleted" : "cell" }, media(one.media));
    tile.style.gridColumn = `span ${spans[place] ?? 2}`;
    return tile;
  });
  return el("div", { class: "media album" }, ...tiles);
}

function foot(messages) {
  const one = messages.at(-1);
  return el(
    "span",
    { class: "foot" },
    one.protected && icon("lock", t("protected")),
    one.silent && icon("silent", t("silent")),
    one.effect_id && icon("effect", t("effect")),
    messages.some((each) => each.edit_date) && el("span", {}, t("edited")),
    el("time", { datetime: new Date(one.at_ms).toISOString(), title: new Date(one.at_ms).toLocaleString() }, clock(one.at_ms)),
  );
}
