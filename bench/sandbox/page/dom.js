// Elements without markup in strings: whatever comes from outside goes into the page as text.

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
