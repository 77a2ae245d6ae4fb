// The bot's commands: a button that lists them, and a choice while somebody writes one.

import { byId, el } from "./dom.js";

export class Commands {
  constructor(text, say) {
    [this.text, this.say] = [text, say];
    [this.all, this.offered, this.at] = [[], [], 0];
    this.list = byId("commands");
    text.addEventListener("input", () => this.offer());
    text.addEventListener("keydown", (event) => this.pressed(event), { capture: true });
    text.addEventListener("blur", () => this.close());
    byId("menu").addEventListener("mousedown", (event) => event.preventDefault());
    byId("menu").addEventListener("click", () => this.toggle());
  }

  show(commands) {
    this.all = commands;
    byId("menu").hidden = !commands.length || this.text.hidden;
    if (this.text.hidden) this.close();
  }

  toggle() {
    if (!this.list.hidden) return this.close();
    this.text.focus();
    this.open(this.all);
  }

  offer() {
    const begun = /^\/(\w*)$/.exec(this.text.value)?.[1];
    if (begun === undefined) return this.close();
    this.open(this.all.filter((one) => one.command.startsWith(begun.toLowerCase())));
  }

  open(offered) {
    [this.offered, this.at] = [offered, 0];
    this.draw();
  }

  close() {
    this.open([]);
  }

  draw() {
    this.list.hidden = !this.offered.length;
    this.list.replaceChildren(...this.offered.map((one, place) => this.line(one, place)));
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  line(one, place) {
    const choose = (event) => (event.preventDefault(), this.choose(place));
    const words = [el("strong", {}, `/${one.command}`), el("span", { class: "muted" }, one.description)];
    return el("li", { role: "option", "aria-selected": String(place === this.at), onmousedown: choose }, ...words);
  }

  choose(place) {
    const { command } = this.offered[place];
    this.close();
    this.say(`/${command}`);
  }

  pressed(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isChoice = event.key === "Enter" && !event.shiftKey;
    if (this.list.hidden || event.altKey || !(step || isChoice || event.key === "Escape")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isChoice) return this.choose(this.at);
    if (!step) return this.close();
    this.at = (this.at + step + this.offered.length) % this.offered.length;
    this.draw();
  }
}
