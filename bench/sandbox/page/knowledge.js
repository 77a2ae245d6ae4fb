// What the engine knows of the chat: what it waits for, the timeline of the sequence, and why something is not sent.
// Countdowns run on the engine's clock, which comes with each snapshot.

import { el } from "./dom.js";
import { clock, duration, language, schedule, t } from "./texts.js";

const MARKS = { sent: "✓", scheduled: "◷", sending: "➤", skipped: "↷", cancelled: "✕", failed: "!", unknown: "?", would_send: "≈" };
const DEAD_END = new Set(["paid", "opted_out", "unreachable", "stopped", "campaign_inactive", "cancelled"]);

export class Knowledge {
  constructor(box) {
    this.box = box;
    this.drawn = "";
    this.unfolded = new Map();
    this.ahead = 0;
    setInterval(() => this.tick(), 250);
  }

  show(snapshot) {
    this.snapshot = snapshot;
    const { standing } = snapshot.engine;
    if (standing) this.ahead = standing.now_ms - Date.now();
    const key = JSON.stringify([snapshot.engine, snapshot.person, language()], (name, value) => (name === "now_ms" ? 0 : value));
    if (key !== this.drawn) this.draw(snapshot);
    this.drawn = key;
    this.tick();
  }

  nothing(text) {
    this.snapshot = null;
    this.drawn = "";
    this.box.replaceChildren(el("p", { class: "muted" }, text));
  }

  get now() {
    return Date.now() + this.ahead;
  }

  draw({ engine, person }) {
    const focused = document.activeElement?.closest?.("[data-episode]")?.dataset.episode;
    const parts = engine.standing ? this.parts(engine.standing, person.first_name) : absent(engine);
    this.box.replaceChildren(...parts.filter(Boolean));
    if (focused) this.box.querySelector(`[data-episode="${focused}"] summary`)?.focus();
  }

  parts(standing, name) {
    if (isAdmin(standing)) return [admin(), ...standing.episodes.filter((one) => one.reason !== "cancelled").map((one, place) => this.past(standing, one, place, true)), facts(standing)];
    const episodes = [...standing.episodes];
    const open = episodes[0]?.ended_ms === null && standing.phase !== "waiting_for_silence" ? episodes.shift() : null;
    return [
      this.card(standing, name),
      against(standing, name),
      open && this.current(standing, open),
      !open && standing.phase === "waiting_for_silence" && forecast(standing),
      ...episodes.map((one, place) => this.past(standing, one, place, !open)),
      facts(standing),
    ];
  }

  card(standing, name) {
    const counting = ["waiting_for_silence", "step_scheduled"].includes(standing.phase) && standing.next_due_ms !== null;
    return el(
      "section",
      { class: `card now ${standing.phase}` },
      el("h3", {}, t(`phase_${standing.phase}`)),
      counting && el("p", { class: "countdown", role: "timer", "data-due": standing.next_due_ms }),
      !(standing.phase === "nothing_armed" && isForGood(standing)) && el("p", {}, sentence(standing, name, this.now)),
      standing.last_seen_ms !== null && el("p", { class: "muted" }, t("lastSeen", { time: clock(standing.last_seen_ms) })),
    );
  }

  current(standing, episode) {
    return el(
      "section",
      { class: "card" },
      el("h3", {}, t("thisSilence"), el("span", { class: "muted" }, ` · ${t("since", { time: clock(episode.episode_id) })}`)),
      timeline([...episode.deliveries.map((one) => delivered(standing, one)), ...remaining(standing, episode, "later")]),
    );
  }

  past(standing, episode, place, nothingIsOpen) {
    const unfolded = this.unfolded.get(episode.episode_id) ?? (place === 0 && nothingIsOpen);
    const why = episode.reason ?? "returned"; // Redis hears of an answer before PostgreSQL does
    const ended = clock(episode.returned_ms ?? episode.ended_ms ?? standing.last_seen_ms);
    const missing = why === "completed" ? [] : remaining(standing, episode, "never");
    const title = el("h3", {}, t(place === 0 ? "lastSilence" : "earlierSilence"));
    const remember = (event) => this.unfolded.set(episode.episode_id, !event.currentTarget.parentElement.open);
    return el(
      "details",
      { class: "card", open: unfolded, "data-episode": episode.episode_id },
      el("summary", { onclick: remember }, title, el("span", { class: "muted" }, ` · ${clock(episode.episode_id)}`)),
      el("p", { class: `end ${why}` }, t("ended", { time: ended, why: t(`reason_${why}`) })),
      timeline([...episode.deliveries.map((one) => delivered(standing, one)), ...missing]),
    );
  }

  tick() {
    for (const one of this.box.querySelectorAll("[data-due]")) {
      const left = Number(one.dataset.due) - this.now;
      const text = left > 0 ? t("inTime", { time: duration(left) }) : t("overdue");
      if (one.textContent !== text) one.textContent = text;
    }
    for (const one of this.box.querySelectorAll("[data-since]")) {
      const text = t("ago", { time: duration(this.now - Number(one.dataset.since)) });
      if (one.textContent !== text) one.textContent = text;
    }
  }
}

function absent(engine) {
  const hint = engine.state === "not_connected" ? t("view_not_connected_hint") : engine.detail;
  return [el("section", { class: "card" }, el("h3", {}, t(`view_${engine.state}`)), el("p", { class: "muted" }, hint))];
}

function sentence(standing, name, nowMs) {
  const time = standing.next_due_ms === null ? "" : clock(standing.next_due_ms, nowMs);
  switch (standing.phase) {
    case "waiting_for_silence":
      return t("say_waiting", { name, time });
    case "step_scheduled":
      return t("say_scheduled", { name, time, place: standing.next ? `“${named(standing, standing.next)}”` : t("message") });
    case "held_by_poller":
      return t("say_held");
    case "sending":
      return t("say_sending");
  }
  if (standing.last_seen_ms === null) return t("say_unseen", { name });
  return t(standing.episodes[0]?.reason === "completed" ? "say_completed" : "say_over", { name });
}

// The engine learns that a person owns all bots only where it would send, and ends that silence as cancelled.
const isAdmin = (standing) => standing.against.some((one) => one.reason === "cancelled") || standing.episodes[0]?.reason === "cancelled";

function admin() {
  return el("section", { class: "card against for-good" }, el("h3", {}, t("youAreAdmin")), el("p", {}, t("adminsGetNothing")));
}

const isForGood = (standing) => standing.against.some((one) => DEAD_END.has(one.reason));

function against(standing, name) {
  if (!standing.against.length) return null;
  const items = standing.against.map((one) =>
    el("li", {}, t(`against_${one.reason}`), one.until_ms ? ` (${t("until", { time: clock(one.until_ms) })})` : ""),
  );
  const [kind, title] = isForGood(standing) ? ["for-good", t("againstForGood", { name })] : ["for-now", t("against")];
  return el("section", { class: `card against ${kind}` }, el("h3", {}, title), el("ul", {}, ...items));
}

function forecast(standing) {
  const steps = standing.sequence.filter((step) => step.due_ms !== null);
  const items = steps.map((step) => ({ status: "later", name: opening(standing, step), words: clock(step.due_ms) }));
  return items.length ? el("section", { class: "card" }, el("h3", {}, t("ifSilent")), timeline(items)) : null;
}

function delivered(standing, one) {
  const why = one.reason ? `: ${t(`reason_${one.reason}`)}` : "";
  const notes = [one.crossed && t("crossedSince"), one.attempts > 1 && t("attempts", { n: one.attempts })].filter(Boolean);
  return {
    status: one.status,
    name: named(standing, one),
    words: `${t(`status_${one.status}`)}${why}${notes.length ? ` (${notes.join(", ")})` : ""}`,
    time: one.sent_ms ?? (one.status === "scheduled" || one.status === "sending" ? one.due_ms : null),
    due: one.status === "scheduled" ? one.due_ms : null,
  };
}

// The blocks and steps that have no delivery yet, unless the episode has another version.
function remaining(standing, episode, status) {
  const last = episode.deliveries.at(-1);
  const place = standing.sequence.findIndex((step) => step.key === last?.step);
  if (place < 0 || episode.campaign_version !== standing.campaign_version) return [];
  const begun = standing.sequence[place];
  const blocks = begun.blocks.slice(begun.blocks.indexOf(last.block) + 1).map((block) => ({ step: begun.key, block }));
  const steps = standing.sequence.slice(place + 1).filter((step) => step.active);
  return [
    ...blocks.map((one) => ({ status, name: named(standing, one), words: t(`status_${status}`) })),
    ...steps.map((step) => ({ status, name: opening(standing, step), words: status === "later" ? schedule(step.schedule) : t("status_never") })),
  ];
}

function timeline(items) {
  return el("ol", { class: "timeline" }, ...items.map(line));
}

function line({ status, name, words, time, due }) {
  return el(
    "li",
    { class: `status-${status}` },
    el("span", { class: "sign", "aria-hidden": "true" }, MARKS[status] ?? ""),
    el(
      "div",
      {},
      el("span", { class: "head" }, el("strong", {}, name), time && el("time", { datetime: new Date(time).toISOString() }, clock(time))),
      el("span", { class: "words" }, words, due && " · ", due && el("span", { "data-due": due })),
    ),
  );
}

function facts(standing) {
  const version = standing.campaign_version ? t("version", { n: standing.campaign_version }) : t("nothingPublished");
  const bot = t(`state_${standing.bot_status}`) + (standing.emergency_stop ? `, ${t("emergency")}` : "");
  const feed = standing.watermark_ms === null ? t("never") : el("span", { "data-since": standing.watermark_ms });
  const rows = [
    ["fact_campaign", `${t(`state_${standing.campaign_state}`)}, ${version}`],
    ["fact_threshold", standing.threshold_ms === null ? "–" : duration(standing.threshold_ms)],
    ["fact_bot", bot],
    ["fact_feed", feed],
  ];
  const list = el("dl", {}, ...rows.flatMap(([key, value]) => [el("dt", {}, t(key)), el("dd", {}, value)]));
  return el("section", { class: "card facts" }, el("h3", {}, t("facts")), list);
}

const opening = (standing, step) => (step.blocks.length ? named(standing, { step: step.key, block: step.blocks[0] }) : step.key);

// A block by its first words; one without words by its place.
const named = (standing, { step, block }) => standing.words?.[`${step}/${block}`] ?? `${step} / ${block}`;
