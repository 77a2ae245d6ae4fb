// The head and the foot of the chat: the bot, its activity, and what the person can do.

import { byId, el } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

const INSTEAD = { never: ["start", "start"], blocked: ["unblock", "unblock"], deleted: ["", "relation_deleted"] };

export function drawHead(chosen, snapshot, bot) {
  const name = snapshot?.person.first_name;
  byId("actions").hidden = byId("composer").hidden = !snapshot;
  byId("chat-title").textContent = chosen ? bot : t("welcome");
  byId("chat-avatar").hidden = !snapshot;
  if (snapshot) {
    byId("chat-avatar").className = `avatar bot-avatar hue-${snapshot.bot_id % 6}`;
    byId("chat-avatar").textContent = [...bot][0];
  }
  drawDoing(chosen, snapshot?.transcript.chat_action, name);
}

// As in a messenger, the bot's activity replaces its name.
function drawDoing(chosen, action, name) {
  const hint = byId("chat-hint");
  hint.classList.toggle("doing", Boolean(action));
  if (action) hint.replaceChildren(t(`action_${action}`), el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")));
  else hint.replaceChildren(...(chosen ? [name ? t("youAre", { name }) : "", el("span", { class: "username" }, `${name ? " · " : ""}@${chosen.bot}`)] : []));
}

// A person who has not started can only start, and one who has blocked can only unblock.
export function drawDeeds(snapshot, chosen, bot) {
  const { relation } = snapshot.transcript;
  const [deed, words] = INSTEAD[relation] ?? (chosen.payload ? INSTEAD.never : [null, null]);
  for (const id of ["text", "send", "attach"]) byId(id).hidden = deed !== null;
  byId("instead").hidden = deed === null;
  byId("instead").disabled = deed === "";
  byId("instead").dataset.deed = deed ?? "";
  byId("instead").textContent = words ? t(words) + (deed === "start" && chosen.payload ? ` · ${chosen.payload}` : "") : "";
  for (const id of ["start", "pay"]) byId(id).disabled = relation !== "started";
  drawBlock(relation);
  byId("text").placeholder = snapshot.transcript.keyboard.input_field_placeholder || t("writeAs", { name: snapshot.person.first_name });
  byId("hint").textContent = relation === "never" ? t("startFirst", { bot }) : relation === "blocked" ? t("blockedHere", { name: snapshot.person.first_name, bot }) : "";
}

function drawBlock(relation) {
  const words = t(relation === "blocked" ? "unblock" : "block");
  byId("block").replaceChildren(icon(relation === "blocked" ? "check" : "block"), el("span", {}, words));
  byId("block").setAttribute("aria-label", words);
  byId("block").disabled = relation !== "started" && relation !== "blocked";
}

export function drawChatWords() {
  for (const [id, name] of [["start", "start"], ["pay", "star"]]) {
    byId(id).replaceChildren(icon(name), el("span", {}, t(id)));
    byId(id).setAttribute("aria-label", t(id));
  }
  for (const [id, name] of [["back", "back"], ["to-engine", "engine"], ["from-engine", "back"], ["attach", "attach"], ["send", "send"], ["menu", null]]) {
    if (name) byId(id).replaceChildren(icon(name));
    byId(id).title = t(`do_${id.replace("-", "_")}`);
    byId(id).setAttribute("aria-label", t(`do_${id.replace("-", "_")}`));
  }
}

export function welcome() {
  const steps = ["welcome1", "welcome2", "welcome3", "welcome4"].map((step) => el("li", {}, t(step)));
  return el("ol", { class: "welcome" }, ...steps);
}
