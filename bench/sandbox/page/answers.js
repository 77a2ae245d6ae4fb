// Taps that wait for the bot, and its answers. Each answer is shown once; answers from before the visit are not shown.

import { link, webAddress } from "./dom.js";
import { alertBox, toast } from "./notices.js";
import { t } from "./texts.js";

const PATIENCE_MS = 15_000;

export class Answers {
  // `changed` is called with the taps that still wait.
  constructor(changed) {
    this.changed = changed;
    this.chat = null;
  }

  hear(chat, taps) {
    if (chat !== this.chat) [this.chat, this.begun, this.told] = [chat, new Map(), new Set(taps.filter(isAnswered).map((one) => one.id))];
    this.taps = taps;
    for (const one of taps) if (!this.begun.has(one.id)) this.begin(one);
    for (const one of taps) if (isAnswered(one) && !this.told.has(one.id)) this.tell(one);
    this.changed(this.waiting());
  }

  begin(tap) {
    this.begun.set(tap.id, Date.now());
    if (!isAnswered(tap)) setTimeout(() => this.giveUp(this.chat, tap.id), PATIENCE_MS + 50);
  }

  waiting() {
    return this.taps.filter((one) => !isAnswered(one) && Date.now() - this.begun.get(one.id) < PATIENCE_MS);
  }

  giveUp(chat, id) {
    const tap = chat === this.chat && this.taps.find((one) => one.id === id);
    if (!tap || isAnswered(tap)) return;
    toast(t("noAnswer"));
    this.changed(this.waiting());
  }

  tell(tap) {
    this.told.add(tap.id);
    const href = tap.url && webAddress(tap.url);
    if (href) alertBox(t("botOpens"), link(href, {}, tap.url));
    else if (tap.text) tap.alert ? alertBox(t("botSays"), tap.text) : toast(tap.text);
  }
}

const isAnswered = (tap) => tap.answered_ms !== undefined && tap.answered_ms !== null;
