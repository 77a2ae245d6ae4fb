// Elements without markup in strings: anything from outside goes into the page as text.

export const byId = (id) => document.getElementById(id);

export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function avatar(id, name) {
  return el("span", { class: `avatar hue-${id % 6}`, "aria-hidden": "true" }, [...name][0] ?? "?");
}

// A link is followed only where it leads to the web.
export function webAddress(given) {
  try {
    const url = new URL(given.includes("://") ? given : `https://${given}`);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function link(href, props, ...children) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", ...props }, ...children);
}

// A list in which only changed rows are made again: a video plays on, a screen reader reads each message once, and a
// click is not lost because the page changed under it. A row is {key, mark, make}; a new mark makes it again.
export class Rows {
  constructor(box) {
    this.box = box;
    this.shown = new Map();
  }

  show(rows) {
    const focused = this.box.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const kept = new Map(rows.map((row) => [row.key, this.kept(row)]));
    for (const [key, { node }] of this.shown) if (kept.get(key)?.node !== node) node.remove();
    this.shown = kept;
    [...kept.values()].forEach(({ node }, place) => this.put(node, place));
    if (focused && !this.box.contains(document.activeElement)) this.box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  kept(row) {
    const there = this.shown.get(row.key);
    return there?.mark === row.mark ? there : { mark: row.mark, node: row.make() };
  }

  put(node, place) {
    if (this.box.children[place] !== node) this.box.insertBefore(node, this.box.children[place] ?? null);
  }

  clear() {
    this.shown = new Map();
    this.box.replaceChildren();
  }
}
