// What the bot asked about the chat and what it was answered, the newest first. Read only while somebody looks.

import { ask } from "./acts.js";
import { keyOf } from "./address.js";
import { byId, el, Rows } from "./dom.js";
import { clock, language, t } from "./texts.js";

export class Exchanges {
  constructor(box) {
    this.box = box;
    this.rows = new Rows(box);
    this.chosen = null;
    byId("to-exchanges").addEventListener("click", () => this.turn(this.box.hidden));
  }

  turn(isShown) {
    this.box.hidden = !isShown;
    byId("knowledge").hidden = isShown;
    this.drawWords();
    this.read();
  }

  drawWords() {
    byId("engine-title").textContent = t(this.box.hidden ? "engine" : "exchanges");
    byId("to-exchanges").textContent = t(this.box.hidden ? "toExchanges" : "toEngine");
  }

  // `latest` is the number of the newest exchange about the chat.
  show(chosen, latest) {
    const isOther = !this.chosen || keyOf(chosen.bot, chosen.person) !== keyOf(this.chosen.bot, this.chosen.person);
    if (!isOther && latest === this.latest && language() === this.language) return;
    if (isOther) this.rows.clear();
    [this.chosen, this.latest, this.language] = [chosen, latest, language()];
    this.read();
  }

  async read() {
    if (this.box.hidden || !this.chosen) return;
    const { chosen } = this;
    const found = await ask(`exchanges/${keyOf(chosen.bot, chosen.person)}`);
    if (!found || chosen !== this.chosen) return;
    this.rows.show(found.length ? found.map(row) : [{ key: "none", mark: language(), make: () => el("p", { class: "muted" }, t("noExchanges")) }]);
  }
}

function row(one) {
  return { key: String(one.seq), mark: JSON.stringify([one.seq, one.status, one.fault, language()]), make: () => drawn(one) };
}

function drawn(one) {
  const isFine = one.status === 200 && !one.fault;
  const state = one.fault ?? String(one.status ?? t("noResponse"));
  return el(
    "details",
    { class: "card exchange", "data-key": one.seq },
    el(
      "summary",
      {},
      el("strong", {}, one.method),
      el("span", { class: isFine ? "fine" : "wrong" }, state),
      el("time", { class: "muted", datetime: new Date(one.arrived_ms).toISOString() }, clock(one.arrived_ms)),
    ),
    el("h3", {}, t("request")),
    el("pre", {}, written(unfolded(one.request))),
    el("h3", {}, t("response")),
    el("pre", {}, written(read(one.answer ?? ""))),
  );
}

// Parameters that are JSON in a text are shown as what they say.
function unfolded(request) {
  return Object.fromEntries(Object.entries(request).map(([name, value]) => [name, /^[[{]/.test(value) ? read(value) : value]));
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
