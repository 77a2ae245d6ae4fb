// Portuguese and English: words, times, sizes and schedules. An unknown key is shown as it is.

import { keep, kept } from "./kept.js";
import { WORDS as EN } from "./texts-en.js";
import { WORDS as PT } from "./texts-pt.js";

const LANGUAGES = { en: { texts: EN, tag: "en-GB" }, pt: { texts: PT, tag: "pt-BR" } };
const stored = kept("language");
let current = stored in LANGUAGES ? stored : navigator.language.toLowerCase().startsWith("pt") ? "pt" : "en";

export const language = () => current;

export function choose(name) {
  current = name in LANGUAGES ? name : "en";
  document.documentElement.lang = LANGUAGES[current].tag;
  keep("language", current);
}

export function t(key, values = {}) {
  const text = LANGUAGES[current].texts[key] ?? key.replace(/^(reason|against|status|state|phase|action|kind)_/, "").replaceAll("_", " ");
  return text.replace(/\{(\w+)\}/g, (whole, name) => isolated(values[name] ?? whole));
}

// Marks of direction in a name end with the name, and turn no sentence round.
const isolated = (value) => (/[\u202A-\u202E\u2066-\u2069]/.test(value) ? `\u2068${value}\u2069` : value);

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };

export function clock(ms, nowMs = Date.now()) {
  const at = new Date(ms);
  const sameDay = at.toDateString() === new Date(nowMs).toDateString();
  const format = sameDay ? CLOCK : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return at.toLocaleString(LANGUAGES[current].tag, format);
}

export function day(ms) {
  return new Date(ms).toLocaleDateString(LANGUAGES[current].tag, { weekday: "long", day: "numeric", month: "long" });
}

export function size(bytes) {
  const [amount, unit] = bytes < 1000 ? [bytes, "B"] : bytes < 1e6 ? [bytes / 1000, "KB"] : [bytes / 1e6, "MB"];
  return `${amount.toLocaleString(LANGUAGES[current].tag, { maximumFractionDigits: amount < 10 ? 1 : 0 })} ${unit}`;
}

export function playtime(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

export function duration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}

// Schedules come as the engine writes them: now, 6s, 1h30m, tomorrow 09:30, +3d 18:00.
export function schedule(written) {
  const [day, time] = written.split(" ");
  if (written === "now") return t("schedule_now");
  if (day === "tomorrow") return t("schedule_tomorrow", { time });
  if (time) return t("schedule_days", { n: day.replace(/\D/g, ""), time });
  return t("schedule_after", { time: written.replace(/(\d+)([a-z]+)/g, "$1 $2 ").trim() });
}
