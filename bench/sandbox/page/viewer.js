// One photo of the chat at full size; arrows lead to the others, Esc back.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

export function openViewer(frame) {
  let current = frame;
  const image = el("img", { alt: t("kind_photo") });
  const box = el(
    "dialog",
    { class: "viewer", "aria-label": t("kind_photo"), onclose: () => box.remove(), onkeydown: turn, onclick: leave },
    image,
    el("button", { type: "button", class: "viewer-close", "aria-label": t("close"), onclick: () => box.close() }, icon("close")),
  );
  show(frame);
  document.body.append(box);
  box.showModal();

  function show(one) {
    current = one;
    image.src = one.querySelector("img")?.src ?? "";
  }

  function turn(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const all = [...document.querySelectorAll(".frame.photo:has(img)")];
    const next = step && all[all.indexOf(current) + step];
    if (next) show(next);
  }

  function leave(event) {
    if (event.target !== image) box.close();
  }
}
