// Addresses. The address says who is played, and in which chat: a reload, a bookmark or a second tab shows the same chat,
// and the browser's way back leads to the list. `?start=` carries what a deep link would.

const FORM = /^#@?(\w+)\/(\d+)(?:\?start=([\w-]{0,64}))?$/;

export function chosen() {
  const [, bot, person, payload] = FORM.exec(location.hash) ?? [];
  return bot ? { bot, person: Number(person), payload: payload ?? "" } : null;
}

export const keyOf = (bot, person) => `${bot}/${person}`;
export const addressOf = (bot, person) => `#${keyOf(bot, person)}`;

export const mediaAddress = (one) => `media/${encodeURIComponent(one.file_unique_id)}`;

export function go(bot, person) {
  location.hash = addressOf(bot, person);
}

// Without an entry in the browser's history.
export function settle(address) {
  history.replaceState(null, "", address || location.pathname);
}

export function leave() {
  if (!location.hash) return;
  history.pushState(null, "", location.pathname);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
