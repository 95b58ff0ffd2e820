/* Elements, signs and texts. What comes from outside becomes text nodes, never markup. */

const list = (value) => value || [];
const fill = (node, children) => {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false && child !== "") node.append(child);
  }
  return node;
};
/** Make an element: `el("a.name", { href }, child, ...)`; the properties may be left out. */
const el = (kind, ...children) => {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag);
  const props = children.length && Object.getPrototypeOf(children[0] ?? 0) === Object.prototype ? children.shift() : {};
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "css") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return fill(node, children);
};
const SHAPES = {
  circle: "M8 .8a7.2 7.2 0 1 0 0 14.4A7.2 7.2 0 0 0 8 .8z",
  ring: "M8 1.6a6.4 6.4 0 1 0 0 12.8A6.4 6.4 0 0 0 8 1.6z",
  octagon: "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z",
  triangle: "M8 1.2 15.4 14.6H.6z",
  diamond: "M8 .6 15.4 8 8 15.4 .6 8z",
  square: "M2 2h12v12H2z",
};
const SIGNS = {
  check: "M4.9 8.3l2.1 2.1 4.1-4.5",
  cross: "M5.5 5.5l5 5M10.5 5.5l-5 5",
  bang: "M8 6v3.6M8 12v.1",
  dash: "M5.2 8h5.6",
  pause: "M6.4 5.6v4.8M9.6 5.6v4.8",
  chevron: "M6 4l4 4-4 4",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  link: "M6.5 9.5l3-3M7 5l2-2a2.8 2.8 0 0 1 4 4l-2 2M9 11l-2 2a2.8 2.8 0 0 1-4-4l2-2",
  moon: "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z",
  back: "M10 3L5 8l5 5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.4 3.4",
};
const NS = "http://www.w3.org/2000/svg";
const svg = (className, ...paths) => {
  const node = document.createElementNS(NS, "svg");
  node.setAttribute("viewBox", "0 0 16 16");
  node.setAttribute("class", className);
  node.setAttribute("aria-hidden", "true");
  for (const [kind, d] of paths) {
    const path = document.createElementNS(NS, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", kind);
    node.append(path);
  }
  return node;
};
const icon = (name) => svg("icon", ["sign", SIGNS[name]]);
const mark = (status) => {
  const { shape, sign } = STATUSES[status];
  return svg(`mark is-${status}`, ["shape", SHAPES[shape]], ["sign", SIGNS[sign]]);
};
const button = (props, ...children) => el("button", { type: "button", ...props }, ...children);
const chip = (...children) => el("span.chip", ...children);
const code = (text) => el("code", text);
/** A table; a cell is what stands in it or a cell already. */
const row = (cells) =>
  el(
    "tr",
    cells.map((cell) => (cell?.tagName === "TD" ? cell : el("td", cell))),
  );
const table = (heads, rows, kind = "") =>
  el(
    "div.scroll",
    el(
      `table.table.${kind}`,
      heads &&
        el(
          "thead",
          el(
            "tr",
            heads.map((head) => (head.tagName ? head : el("th", head))),
          ),
        ),
      el("tbody", rows.map(row)),
    ),
  );
const num = (...children) => el("td.num", children);

// --- texts -----------------------------------------------------------------------------------------

const time = (s = 0) => {
  if (s < 0.00995) return `${(s * 1000).toFixed(1)} ms`;
  if (s < 0.9995) return `${(s * 1000).toFixed(0)} ms`;
  if (s < 59.95) return `${s.toFixed(s < 10 ? 2 : 1)} s`;
  const whole = Math.round(s);
  const parts =
    whole < 3600
      ? [
          [whole / 60, "m"],
          [whole % 60, "s"],
        ]
      : [
          [whole / 3600, "h"],
          [(whole % 3600) / 60, "m"],
        ];
  return parts.map(([value, unit]) => `${Math.floor(value)} ${unit}`).join(" ");
};
const size = (bytes) => {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
};
const number = (value) => value.toLocaleString("en");
const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;
const versionOf = (journey) => [journey.version, journey.label && `(${journey.label})`].filter(Boolean).join(" ");
const when = (iso) => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
};
const label = (run) => {
  if (run.row || run.number) return run.row || `row ${run.number}`;
  if (run.case) return run.case;
  const item = run.test.split("::")[1];
  return item && item !== "run" ? item : "";
};
const splitUrl = (url) => {
  const found = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/i.exec(url);
  return found ? [found[1], found[2] || "/"] : ["", url];
};
/** Backticks of a sentence become code. */
const sentence = (text) =>
  text.split(/(`[^`]*`)/).map((part) => (/^`[^`]+`$/.test(part) ? code(part.slice(1, -1)) : part));

const copyText = async (text, from) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea.offscreen");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  from.classList.add("is-done");
  announce("copied");
  setTimeout(() => from.classList.remove("is-done"), 1200);
};
/** A button that copies a text, or what a function returns. */
const copying = (kind, text, title, ...children) =>
  button(
    { class: kind, title, onclick: (event) => copyText(typeof text === "string" ? text : text(), event.currentTarget) },
    children,
    el("span.done", "copied"),
  );
const copyButton = (text, words, title) => copying("copy", text, title, icon("copy"), words);
const live = el("div.offscreen", { "aria-live": "polite" });
const announce = (text) => {
  live.textContent = text;
};
