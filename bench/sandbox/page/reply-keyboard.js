// The keyboard beneath the text field. A press writes the button's words; a keyboard for one time folds after a press.

import { byId, el } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

const ASKS = ["request_contact", "request_location", "request_poll", "request_users", "request_chat", "request_managed_bot", "web_app"];

export class ReplyKeyboard {
  // `say` is called with the words of a button.
  constructor(say) {
    this.say = say;
    this.drawn = "";
    byId("keyboard").replaceChildren(icon("keys"));
    byId("keyboard").addEventListener("click", () => this.fold(!byId("replies").hidden));
  }

  show(chat, keyboard, isOpen) {
    const rows = keyboard.keyboard ?? [];
    byId("keyboard").hidden = !rows.length || !isOpen;
    const words = t("do_keyboard");
    byId("keyboard").title = words;
    byId("keyboard").setAttribute("aria-label", words);
    const drawn = JSON.stringify([chat, keyboard, isOpen, words]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    byId("replies").replaceChildren(...rows.map((row) => el("div", {}, ...row.map((one) => this.button(one, keyboard)))));
    this.fold(byId("keyboard").hidden);
  }

  button(one, keyboard) {
    const isPlayed = !ASKS.some((ask) => one[ask]);
    const press = () => {
      this.say(one.text);
      if (keyboard.one_time_keyboard) this.fold(true);
    };
    const props = { class: "key", type: "button", disabled: !isPlayed, title: isPlayed ? undefined : t("notPlayed"), onclick: press };
    return el("button", props, el("span", {}, one.text));
  }

  fold(isFolded) {
    byId("replies").hidden = isFolded;
    byId("keyboard").setAttribute("aria-expanded", String(!isFolded));
  }
}
