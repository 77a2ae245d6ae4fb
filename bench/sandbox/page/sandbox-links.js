// Links to bots of this sandbox stay in it: https://t.me/shop_bot?start=spring opens the chat of whoever is played.

import { keyOf } from "./address.js";
import { link, webAddress } from "./dom.js";

const HOSTS = new Set(["t.me", "telegram.me", "telegram.dog"]);
const PAYLOAD = /^[\w-]{1,64}$/;

let known = new Map();
let person = null;

export function settleIn(bots, chosen) {
  known = new Map(bots.map((bot) => [bot.username.toLowerCase(), bot.username]));
  person = chosen?.person ?? null;
}

// A link to a chat of the sandbox, to the web, or null where neither is meant.
export function linked(url, props, ...children) {
  const here = chatAddress(url);
  if (here) return link(here, { ...props, target: null, rel: null, title: url }, ...children);
  const href = webAddress(url);
  return href ? link(href, { title: href, ...props }, ...children) : null;
}

function chatAddress(url) {
  const [name, payload] = named(url);
  const bot = known.get(name?.toLowerCase());
  if (!bot || person === null) return null;
  return `#${keyOf(bot, person)}${PAYLOAD.test(payload ?? "") ? `?start=${payload}` : ""}`;
}

function named(given) {
  const url = parsed(given);
  const query = url?.searchParams;
  if (url?.protocol === "tg:" && /^(\/\/)?resolve\/?$/i.test(`${url.host && "//"}${url.host}${url.pathname}`)) return [query.get("domain"), query.get("start")];
  if (!["http:", "https:"].includes(url?.protocol)) return [];
  const host = url.host.replace(/^www\./, "");
  const path = url.pathname.slice(1).replace(/\/$/, "");
  if (HOSTS.has(host)) return [path, query.get("start")];
  const [, name] = /^([^.]+)\.t\.me$/.exec(host) ?? [];
  return path ? [] : [name, query.get("start")];
}

function parsed(given) {
  try {
    return new URL(/^tg:|:\/\//i.test(given) ? given : `https://${given}`);
  } catch {
    return null;
  }
}
