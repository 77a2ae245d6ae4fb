// Notices: a line that disappears, a box that waits for OK, and the banner of an unreachable sandbox.

import { byId, el } from "./dom.js";
import { t } from "./texts.js";

const LONG_ENOUGH_MS = 5000;
let timer = 0;

export function toast(text) {
  byId("toast").replaceChildren(el("span", {}, text));
  clearTimeout(timer);
  timer = setTimeout(() => byId("toast").replaceChildren(), LONG_ENOUGH_MS);
}

// A browser that keeps its clipboard to itself shows the text instead.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied", { text }));
  } catch {
    toast(text);
  }
}

export function alertBox(title, ...content) {
  const close = () => box.close();
  const box = el(
    "dialog",
    { class: "alert", "aria-label": title, onclose: () => box.remove() },
    el("h2", {}, title),
    el("div", { class: "alert-text" }, ...content),
    el("button", { type: "button", class: "primary", onclick: close, autofocus: true }, t("ok")),
  );
  document.body.append(box);
  box.showModal();
}

export function offline(isOffline) {
  byId("offline").hidden = !isOffline;
  byId("offline").textContent = t("offline");
}
