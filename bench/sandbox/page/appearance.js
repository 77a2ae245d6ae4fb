// Light or dark: as in the system, until somebody chooses.

import { byId } from "./dom.js";
import { icon } from "./icons.js";
import { kept, keep } from "./kept.js";
import { t } from "./texts.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const current = () => kept("appearance") ?? (system.matches ? "dark" : "light");

export function appear() {
  const now = current();
  document.documentElement.style.colorScheme = kept("appearance") ?? "light dark";
  byId("appearance").replaceChildren(icon(now === "dark" ? "light" : "dark"));
  byId("appearance").title = t(now === "dark" ? "toLight" : "toDark");
  byId("appearance").setAttribute("aria-label", byId("appearance").title);
}

export function toggleAppearance() {
  keep("appearance", current() === "dark" ? "light" : "dark");
  appear();
}

system.addEventListener("change", appear);
