// A poll: its question, its options with their shares, and for whom it is.

import { el } from "./dom.js";
import { rendered } from "./entities.js";
import { t } from "./texts.js";

export function poll(message_id, asked, scene) {
  const total = asked.total_voter_count ?? 0;
  const kind = [asked.type === "quiz" ? t("quiz") : t(asked.is_anonymous === false ? "publicPoll" : "anonymousPoll"), asked.is_closed && t("closed")];
  const vote = scene.isOpen && !asked.is_closed && scene.hand.vote ? (place) => scene.hand.vote(message_id, [place]) : null;
  return el(
    "div",
    { class: "poll" },
    el("strong", {}, ...rendered(asked.question, asked.question_entities ?? [])),
    el("span", { class: "muted" }, kind.filter(Boolean).join(" · ")),
    el("ul", {}, ...asked.options.map((one, place) => el("li", {}, option(one, total, vote && (() => vote(place)))))),
    el("span", { class: "muted" }, t("votes", { n: total })),
  );
}

function option(one, total, vote) {
  const share = total ? Math.round((100 * one.voter_count) / total) : 0;
  const bar = el("i");
  bar.style.width = `${share}%`;
  return el(
    "button",
    { type: "button", class: "option", disabled: !vote, onclick: vote },
    el("span", { class: "share" }, `${share}%`),
    el("span", { class: "answer" }, ...rendered(one.text, one.text_entities ?? [])),
    el("span", { class: "bar", "aria-hidden": "true" }, bar),
  );
}
