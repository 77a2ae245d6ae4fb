// The composer: a text, an edit of one's own message, or a file with a caption. Enter sends, Shift+Enter breaks the line.

import { byId, el } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./notices.js";
import { size, t } from "./texts.js";

const HIGHEST_PX = 160;
const MB = 1024 * 1024;
const BIGGEST = { photo: 10 * MB, other: 50 * MB };
const PHOTOS = new Set(["image/png", "image/jpeg", "image/webp"]);

export class Composer {
  // `hand` has say(text), rewrite(message_id, text), file(kind, file, text) and last(), the person's last text.
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

  say(text) {
    this.forget();
    this.box.value = text;
    return this.send();
  }

  async send() {
    const text = this.box.value.trim();
    const { bound } = this;
    if (!this.isOpen || !(text || bound?.file)) return;
    this.forget();
    const isDone = await this.deed(bound, text);
    if (!isDone && !this.box.value) this.box.value = text;
    this.grow();
  }

  deed(bound, text) {
    if (bound?.file) return this.hand.file(bound.kind, bound.file, text);
    return bound ? this.hand.rewrite(bound.message_id, text) : this.hand.say(text);
  }

  edit(message) {
    this.bind({ message_id: message.message_id }, icon("pencil"), t("editing"), message.text);
    this.box.value = message.text;
    this.grow();
    this.box.focus();
  }

  take(files) {
    const [file] = files;
    if (!this.isOpen || !file) return false;
    const kind = kindOf(file);
    const most = BIGGEST[kind] ?? BIGGEST.other;
    if (file.size > most || !file.size) {
      toast(t(file.size ? "tooBig" : "isEmpty", { size: size(most) }));
      return true;
    }
    const address = kind === "photo" ? URL.createObjectURL(file) : null;
    const sign = address ? el("img", { src: address, alt: "" }) : icon("file");
    this.bind({ file, kind, address }, sign, t(`kind_${kind}`), `${file.name} · ${size(file.size)}`);
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

// Pictures are sent as photos, films and sounds as such, and anything else as a file.
function kindOf(file) {
  if (PHOTOS.has(file.type)) return "photo";
  if (file.type === "image/gif") return "animation";
  const [family] = file.type.split("/");
  return ["video", "audio"].includes(family) ? family : "document";
}
