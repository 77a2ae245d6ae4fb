// What a person does, as requests to the control port. A refusal is shown on the page.

import { offline, toast } from "./notices.js";
import { t } from "./texts.js";

export async function ask(path, content) {
  return send(path, content === undefined ? {} : { method: "POST", body: JSON.stringify(content) });
}

async function send(path, order) {
  try {
    const answer = await fetch(path, order);
    const told = await answer.json();
    if (answer.ok) return told;
    toast(t("refused", { why: told.error }));
  } catch {
    offline(true);
  }
  return null;
}

export async function act({ bot, person }, deed, more = {}) {
  const results = await ask("acts", [{ deed, bot, person, ...more }]);
  return wasDone(results?.[0]);
}

export function say(chosen, text) {
  const [, payload] = /^\/start(?:\s+(.*))?$/.exec(text) ?? [];
  return /^\/start(\s|$)/.test(text) ? act(chosen, "start", payload ? { payload } : {}) : act(chosen, "write", { text });
}

function wasDone(result) {
  if (result?.error) toast(t("refused", { why: result.error }));
  return Boolean(result && !result.error);
}

// The body is the file itself; its text is in the address.
export async function sendFile({ bot, person }, kind, file, caption) {
  const words = new URLSearchParams({ bot, person, name: file.name, ...(caption ? { caption } : {}) });
  return wasDone(await send(`acts/${kind}?${words}`, { method: "POST", body: file }));
}
