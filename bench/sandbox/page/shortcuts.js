// Keyboard shortcuts. They never take a letter that somebody is typing.

import { byId, el } from "./dom.js";
import { t } from "./texts.js";

const SHOWN = [
  ["Enter", "key_send"],
  ["Shift Enter", "key_line"],
  ["↑", "key_edit"],
  ["Alt ↑", "key_previous"],
  ["Alt ↓", "key_next"],
  ["Alt A", "key_attach"],
  ["Alt P", "key_pay"],
  ["Alt B", "key_block"],
  ["Alt N", "key_add"],
  ["Alt E", "key_engine"],
  ["Esc", "key_back"],
  ["?", "key_help"],
];

// `deeds` are called by name: previous, next, attach, pay, block, add, engine, back, help.
export function listen(deeds) {
  document.addEventListener("keydown", (event) => {
    const name = named(event);
    if (!name || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    deeds[name]();
  });
}

const WITH_ALT = { ArrowUp: "previous", ArrowDown: "next", KeyA: "attach", KeyP: "pay", KeyB: "block", KeyN: "add", KeyE: "engine" };

function named(event) {
  if (event.ctrlKey || event.metaKey) return null;
  if (event.altKey) return WITH_ALT[event.code] ?? null;
  if (event.key === "Escape") return "back";
  return event.key === "?" && !event.target.closest?.("input, textarea, select") ? "help" : null;
}

export function help() {
  byId("help-title").textContent = t("shortcuts");
  byId("help-close").textContent = t("close");
  const rows = SHOWN.flatMap(([keys, words]) => [el("dt", {}, ...keys.split(" ").map((key) => el("kbd", {}, key))), el("dd", {}, t(words))]);
  byId("help-keys").replaceChildren(...rows);
  byId("help").showModal();
}
