// Voice messages and music: a button, the progress and the duration. Nothing is loaded before it is played.

import { mediaAddress } from "./address.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./notices.js";
import { playtime, size, t } from "./texts.js";

const BARS = 36;
let playing = null;

export function player(one) {
  const sound = new Audio();
  sound.preload = "none";
  sound.src = mediaAddress(one);
  const button = el("button", { type: "button", class: "play", onclick: () => toggle(sound) }, icon("play"));
  const time = el("span", { class: "muted" }, playtime(one.duration ?? 0));
  const [way, advance] = one.kind === "voice" ? waves(one) : line();
  follow(sound, button, (part, seconds) => {
    advance(part);
    time.textContent = playtime(part ? seconds : (one.duration ?? 0));
  });
  const about = one.kind === "voice" ? null : el("strong", {}, one.name || t("kind_audio"));
  const facts = one.kind === "voice" ? time : el("span", { class: "muted" }, time, ` · ${size(one.size ?? 0)}`);
  return el("div", { class: `player ${one.kind}` }, button, el("div", { class: "player-about" }, about, way, facts));
}

function toggle(sound) {
  if (!sound.paused) return sound.pause();
  if (playing !== sound) playing?.pause();
  playing = sound;
  sound.play().catch(() => toast(t("cannotPlay")));
}

function follow(sound, button, tell) {
  const draw = () => {
    button.replaceChildren(icon(sound.paused ? "play" : "pause"));
    button.setAttribute("aria-label", t(sound.paused ? "play" : "pause"));
  };
  for (const event of ["play", "pause", "ended"]) sound.addEventListener(event, draw);
  sound.addEventListener("timeupdate", () => tell(sound.ended ? 0 : sound.currentTime / (sound.duration || 1), sound.currentTime));
  draw();
}

// The wave of a voice message is drawn from its id, so it is always the same.
function waves(one) {
  const seed = [...one.file_unique_id].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7);
  const bars = Array.from({ length: BARS }, (_, place) => {
    const bar = el("i");
    bar.style.height = `${18 + Math.round(82 * Math.abs(Math.sin(seed + place * 1.7) * Math.cos(seed * 0.3 + place * 0.45)))}%`;
    return bar;
  });
  const advance = (part) => bars.forEach((bar, place) => bar.classList.toggle("past", place < part * BARS));
  return [el("span", { class: "waves", "aria-hidden": "true" }, ...bars), advance];
}

function line() {
  const done = el("i");
  const advance = (part) => (done.style.width = `${Math.round(part * 100)}%`);
  return [el("span", { class: "way", "aria-hidden": "true" }, done), advance];
}
