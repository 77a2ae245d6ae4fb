// Line drawings of 24 by 24: nothing is loaded for them, and they take the colour of the text.

const SHAPES = {
  back: ["M15 5l-7 7 7 7"],
  send: ["M4 12l16-7-6 15-3-6z", "M11 14l9-9"],
  attach: ["M20 11l-8 8a5 5 0 0 1-7-7l9-9a3.3 3.3 0 0 1 5 5l-9 8a1.6 1.6 0 0 1-2-2l7-7"],
  start: ["M8 5l11 7-11 7z"],
  play: ["M8 5l11 7-11 7z"],
  pause: ["M8 5v14", "M16 5v14"],
  star: ["M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z"],
  block: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M5.6 5.6l12.8 12.8"],
  engine: ["M3 12h4l3-8 4 16 3-8h4"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  silent: ["M6 17h12l-1.5-2v-4a4.5 4.5 0 0 0-9 0v4z", "M10.5 20h3", "M4 4l16 16"],
  effect: ["M12 3l1.8 5.2L19 10l-5.2 1.8L12 17l-1.8-5.2L5 10l5.2-1.8z", "M19 16v4", "M17 18h4"],
  copy: ["M9 9h11v11H9z", "M15 9V4H4v11h5"],
  away: ["M7 17L17 7", "M9 7h8v8"],
  file: ["M6 3h8l5 5v13H6z", "M14 3v5h5"],
  photo: ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M15.5 9h.01"],
  video: ["M3 6h12v12H3z", "M15 10l6-3v10l-6-3z"],
  music: ["M9 18V6l10-2v12", "M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z", "M19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z"],
  voice: ["M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z", "M6 11a6 6 0 0 0 12 0", "M12 17v4"],
  sticker: ["M4 4h16v10l-6 6H4z", "M14 20v-6h6"],
  trash: ["M5 7h14", "M9 7V4h6v3", "M7 7l1 13h8l1-13"],
  pencil: ["M4 20l1-5L16 4l4 4L9 19z"],
  check: ["M5 12l5 5 9-11"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  down: ["M6 9l6 6 6-6"],
  next: ["M9 5l7 7-7 7"],
  light: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 2v2", "M12 20v2", "M2 12h2", "M20 12h2", "M5 5l1.4 1.4", "M17.6 17.6L19 19", "M5 19l1.4-1.4", "M17.6 6.4L19 5"],
  dark: ["M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"],
  keys: ["M3 6h18v12H3z", "M7 10h.01", "M11 10h.01", "M15 10h.01", "M8 14h8"],
  plus: ["M12 5v14", "M5 12h14"],
  poll: ["M5 20v-8", "M12 20V4", "M19 20v-5"],
};
const SVG = "http://www.w3.org/2000/svg";

export function icon(name, title) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("class", `icon icon-${name}`);
  if (title) drawn.append(titled(drawn, title));
  else drawn.setAttribute("aria-hidden", "true");
  for (const shape of SHAPES[name]) drawn.append(path(shape));
  return drawn;
}

function titled(drawn, words) {
  drawn.setAttribute("role", "img");
  const title = document.createElementNS(SVG, "title");
  title.textContent = words;
  return title;
}

function path(shape) {
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", shape);
  return line;
}
