// A poll: its question, its options with their shares, and its kind.

import { el } from "./dom.js";
import { rendered } from "./entities.js";
import { t } from "./texts.js";

export function poll(message_id, asked, scene) {
  const total = asked.total_voter_count ?? 0;
  const kind = [asked.type === "quiz" ? t("quiz") : t(asked.is_anonymous === false ? "publicPoll" : "anonymousPoll"), asked.is_closed && t("closed")];
  const chosen = asked.options.flatMap((one, place) => (one.voter_count ? [place] : []));
  const isFinal = asked.is_closed || (asked.type === "quiz" && chosen.length > 0);
  const vote = (place) => scene.hand.vote(message_id, next(asked, chosen, place));
  return el(
    "div",
    { class: "poll" },
    el("strong", {}, ...rendered(asked.question, asked.question_entities ?? [])),
    el("span", { class: "muted" }, kind.filter(Boolean).join(" · ")),
    el("ul", {}, ...asked.options.map((one, place) => el("li", {}, option(one, total, scene.isOpen && !isFinal && (() => vote(place)), verdict(asked, chosen, place))))),
    el("span", { class: "muted" }, t("votes", { n: total })),
  );
}

// A second tap takes a vote back; a poll with several answers keeps the others.
function next(asked, chosen, place) {
  if (chosen.includes(place)) return chosen.filter((one) => one !== place);
  return asked.allows_multiple_answers ? [...chosen, place] : [place];
}

function verdict(asked, chosen, place) {
  if (asked.type !== "quiz") return chosen.includes(place) ? "chosen" : "";
  const isRight = asked.correct_option_ids?.includes(place);
  if (!chosen.length) return "";
  return isRight ? "chosen right" : chosen.includes(place) ? "chosen wrong" : "";
}

function option(one, total, vote, mark) {
  const share = total ? Math.round((100 * one.voter_count) / total) : 0;
  const bar = el("i");
  bar.style.width = `${share}%`;
  return el(
    "button",
    { type: "button", class: `option ${mark}`, disabled: !vote, onclick: vote, "aria-pressed": String(one.voter_count > 0) },
    el("span", { class: "share" }, `${share}%`),
    el("span", { class: "answer" }, ...rendered(one.text, one.text_entities ?? [])),
    el("span", { class: "bar", "aria-hidden": "true" }, bar),
  );
}
