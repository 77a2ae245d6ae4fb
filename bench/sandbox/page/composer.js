// What is written: a text, the text of an own message anew, or a picture with words. Enter sends, Shift+Enter breaks the line.

import { byId, el } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./notices.js";
import { size, t } from "./texts.js";

const HIGHEST_PX = 160;
const BIGGEST_PICTURE = 10 * 1024 * 1024;

export class Composer {
  // `hand` has say(text), rewrite(message_id, text), picture(file, text) and last(), the person's last text.
  constructor(hand) {
    this.hand = hand;
    this.box = byId("text");
    this.box.addEventListener("input", () => this.grow());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.box.addEventListener("paste", (event) => this.take(event.clipboardData.files) && event.preventDefault());
    byId("composer").addEventListener("submit", (event) => (event.preventDefault(), this.send()));
    byId("attach").addEventListener("click", () => byId("file").click());
    byId("file").addEventListener("change", (event) => (this.take(event.target.files), (event.target.value = "")));
    this.acceptDrops(byId("chat"));
  }

  get isOpen() {
    return !byId("send").hidden;
  }

  focus() {
    (this.isOpen ? this.box : byId("instead")).focus();
  }

  forget() {
    this.unbind();
    this.box.value = "";
    this.grow();
  }

  pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !event.altKey && !this.box.value && !this.bound) {
      const message = this.hand.last();
      if (message) event.preventDefault(), this.edit(message);
    } else if (event.key === "Escape" && this.bound) {
      event.stopPropagation();
      this.forget();
    }
  }

  async send() {
    const text = this.box.value.trim();
    const { bound } = this;
    if (!this.isOpen || !(text || bound?.picture)) return;
    this.forget();
    const isDone = await this.deed(bound, text);
    if (!isDone && !this.box.value) this.box.value = text;
    this.grow();
  }

  deed(bound, text) {
    if (bound?.picture) return this.hand.picture(bound.picture, text);
    return bound ? this.hand.rewrite(bound.message_id, text) : this.hand.say(text);
  }

  edit(message) {
    this.bind({ message_id: message.message_id }, icon("pencil"), t("editing"), message.text);
    this.box.value = message.text;
    this.grow();
    this.box.focus();
  }

  take(files) {
    const picture = [...files].find((file) => file.type.startsWith("image/"));
    if (!this.isOpen || !files.length) return false;
    if (!picture || picture.size > BIGGEST_PICTURE) {
      toast(t(picture ? "tooBig" : "noPicture"));
      return true;
    }
    const address = URL.createObjectURL(picture);
    this.bind({ picture, address }, el("img", { src: address, alt: "" }), t("picture"), `${picture.name} · ${size(picture.size)}`);
    this.box.focus();
    return true;
  }

  bind(bound, sign, title, words) {
    this.unbind();
    this.bound = bound;
    const cancel = el("button", { type: "button", "aria-label": t("cancel"), title: t("cancel"), onclick: () => this.forget() }, icon("close"));
    byId("bound").replaceChildren(sign, el("span", {}, el("strong", {}, title), el("span", { class: "muted" }, words)), cancel);
    byId("bound").hidden = false;
  }

  unbind() {
    if (this.bound?.address) URL.revokeObjectURL(this.bound.address);
    this.bound = null;
    byId("bound").hidden = true;
    byId("bound").replaceChildren();
  }

  acceptDrops(place) {
    place.addEventListener("dragover", (event) => event.preventDefault());
    place.addEventListener("drop", (event) => (event.preventDefault(), this.take(event.dataTransfer.files)));
  }

  grow() {
    this.box.style.height = "";
    if (this.box.value) this.box.style.height = `${Math.min(this.box.scrollHeight + 2, HIGHEST_PX)}px`;
  }
}
