// The media of a message, each kind as a messenger shows it. Media that the browser cannot show become a tile.

import { mediaAddress } from "./address.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { player } from "./player.js";
import { duration, playtime, size, t } from "./texts.js";
import { openViewer } from "./viewer.js";

const WIDEST = 340;
const HIGHEST = 380;
const ICONS = { photo: "photo", video: "video", animation: "video", video_note: "video", audio: "music", voice: "voice", sticker: "sticker" };
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const SHOWN = { photo, video, animation, video_note: videoNote, sticker, voice: player, audio: player, document: file };
const VISUAL = new Set(["photo", "video", "animation"]);

export const isVisual = (one) => VISUAL.has(one.kind);
export const isBare = (one) => one.kind === "sticker" || one.kind === "video_note";

export function media(one) {
  return (SHOWN[one.kind] ?? file)(one);
}

function photo(one) {
  const image = picture(one);
  const open = () => openViewer(frame);
  const frame = el("button", { type: "button", class: "frame photo", "aria-label": t("openPhoto"), onclick: open }, image);
  return covered(one, sized(one, frame));
}

function picture(one) {
  const image = el("img", { src: mediaAddress(one), alt: t("kind_photo"), draggable: "false" });
  return whenBroken(one, image);
}

function video(one) {
  const shown = el("video", { src: mediaAddress(one), controls: true, preload: "metadata", playsinline: true });
  const length = one.duration ? el("span", { class: "badge-time" }, playtime(one.duration)) : null;
  return covered(one, sized(one, el("div", { class: "frame video" }, whenBroken(one, shown), length)));
}

function animation(one) {
  const shown = one.mime === "image/gif" ? picture(one) : whenBroken(one, looping(one));
  return covered(one, sized(one, el("div", { class: "frame animation" }, shown, el("span", { class: "badge-time" }, "GIF"))));
}

function looping(one) {
  const shown = el("video", { src: mediaAddress(one), loop: true, playsinline: true, autoplay: !calm.matches, controls: calm.matches });
  shown.muted = true;
  return shown;
}

function videoNote(one) {
  const shown = el("video", { src: mediaAddress(one), loop: true, playsinline: true, preload: "metadata" });
  const play = () => (shown.paused ? shown.play().catch(() => {}) : shown.pause());
  return el("button", { type: "button", class: "video-note", "aria-label": t("playPause"), onclick: play }, whenBroken(one, shown), icon("play"));
}

function sticker(one) {
  return el("div", { class: "sticker" }, whenBroken(one, el("img", { src: mediaAddress(one), alt: t("kind_sticker") })));
}

function file(one) {
  const name = one.name || t("kind_document");
  return el(
    "a",
    { class: "file", href: mediaAddress(one), download: name },
    el("span", { class: "file-icon", "aria-hidden": "true" }, icon("file"), el("b", {}, extension(name))),
    el("span", { class: "file-about" }, el("strong", {}, name), el("span", { class: "muted" }, size(one.size ?? 0))),
  );
}

const extension = (name) => (/\.(\w{1,4})$/.exec(name)?.[1] ?? "").toUpperCase();

// The space is reserved before anything is loaded, so that nothing moves later.
function sized(one, frame) {
  const [width, height] = [one.width || 320, one.height || 240];
  const ratio = Math.min(2.4, Math.max(0.55, width / height));
  frame.style.aspectRatio = String(ratio);
  frame.style.width = `${Math.round(Math.min(WIDEST, HIGHEST * ratio, Math.max(width, 180)))}px`;
  return frame;
}

function whenBroken(one, shown) {
  shown.addEventListener("error", () => shown.replaceWith(tile(one)));
  return shown;
}

function tile(one) {
  const facts = [one.name, one.width && `${one.width} × ${one.height}`, one.duration && duration(one.duration * 1000), size(one.size ?? 0)];
  return el(
    "span",
    { class: "tile" },
    icon(ICONS[one.kind] ?? "file"),
    el("strong", {}, t(`kind_${one.kind}`)),
    el("span", {}, facts.filter(Boolean).join(" · ")),
  );
}

function covered(one, frame) {
  if (!one.spoiler) return frame;
  const cover = el("button", { type: "button", class: "cover", onclick: () => cover.remove() }, t("reveal"));
  return el("div", { class: "under-cover" }, frame, cover);
}
