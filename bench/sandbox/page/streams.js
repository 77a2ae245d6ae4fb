// Two streams: the cast and the chosen chat. A hidden page closes them; lost connections come back by themselves.

import { ask } from "./acts.js";
import { offline } from "./notices.js";

const RETRY_MS = 1000;

export class Streams {
  // `hear` has cast(bots), chat(snapshot) and gone().
  constructor(hear) {
    this.hear = hear;
    this.open = [];
    this.chosen = null;
    document.addEventListener("visibilitychange", () => this.watch(this.chosen));
  }

  watch(chosen) {
    this.chosen = chosen;
    this.open.forEach((one) => one.close());
    this.open = [];
    if (document.hidden) return;
    this.open.push(this.listen("live", this.hear.cast));
    if (chosen) this.open.push(this.listen(`live/${chosen.bot}/${chosen.person}`, this.hear.chat));
  }

  listen(path, hear) {
    const source = new EventSource(path);
    source.onmessage = (event) => hear(JSON.parse(event.data));
    source.onopen = () => offline(false);
    source.onerror = () => this.failed(source);
    return source;
  }

  failed(source) {
    if (!this.open.includes(source)) return;
    if (source.readyState !== EventSource.CLOSED) offline(true);
    else setTimeout(() => this.comeBack(source), RETRY_MS);
  }

  // A refused stream does not come back by itself: the person may have gone with an earlier sandbox.
  async comeBack(source) {
    if (!this.open.includes(source)) return;
    const bots = await ask("cast");
    if (!bots) return void setTimeout(() => this.comeBack(source), RETRY_MS);
    const mine = bots.find((bot) => bot.username === this.chosen?.bot);
    if (this.chosen && !mine?.people.some((one) => one.id === this.chosen.person)) this.hear.gone();
    else this.watch(this.chosen);
  }
}
