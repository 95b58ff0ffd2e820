/* What is around the pages: the frame, keys, light and dark. */

const main = el("main", { tabindex: "-1" });
const openSteps = () => {
  const all = [...main.querySelectorAll(".step")];
  const named = all.find((node) => node.dataset.step === state.step);
  const bad = all.filter((node) =>
    ["failed", "error", "interrupted"].some((status) => node.classList.contains(`is-${status}`)),
  );
  for (const node of bad.slice(0, 3)) node.setOpen(true);
  if (named) named.setOpen(true);
  return named;
};
// --- keys ------------------------------------------------------------------------------------------

const KEYS = [
  ["j k", "next, previous run"],
  ["n", "next run that failed"],
  ["Enter", "open the step that failed"],
  ["e", "open or close all steps"],
  ["c", "copy the curl command of the open step"],
  ["/", "search"],
  ["Esc", "leave the search, go back to the overview"],
  ["t", "light or dark"],
  ["?", "these keys"],
];
const help = el(
  "dialog.help",
  { "aria-label": "Keys" },
  el("h2", "Keys"),
  el(
    "dl",
    KEYS.map(([keys, words]) => [
      el(
        "dt",
        keys.split(" ").map((key) => el("kbd", key)),
      ),
      el("dd", words),
    ]),
  ),
  el("form", { method: "dialog" }, el("button", "Close")),
);
const move = (by, holds = () => true) => {
  const shown = entries.filter((entry) => entry.run).map((entry) => entry.run);
  let at = state.view === "run" ? shown.findIndex((run) => run.id === state.id) : by > 0 ? -1 : shown.length;
  do at += by;
  while (shown[at] && !holds(shown[at]));
  if (shown[at]) go(toRun(shown[at]));
};
const focusFailed = () => {
  const node =
    main.querySelector(".step.is-failed, .step.is-error, .step.is-interrupted") || main.querySelector(".step");
  if (!node) return main.focus();
  node.setOpen(true);
  node.querySelector("button").focus();
  return node.scrollIntoView({ block: "start" });
};
const escape = () => {
  if (document.activeElement === search) {
    if (state.q) setFilter({ q: "" });
    search.blur();
  } else if (state.view !== "overview") go(address("overview"));
  else if (isFiltered()) showAll();
};
const ACTIONS = {
  j: () => move(1),
  k: () => move(-1),
  n: () => move(1, isBad),
  Enter: focusFailed,
  "/": () => search.focus(),
  t: () => switchTheme(),
  e: () => main.querySelector(".open-all")?.click(),
  c: () => main.querySelector(".step.is-open .side-request .copy")?.click(),
  "?": () => help.showModal(),
  Escape: escape,
};
const onKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const target = event.target;
  if (target === search && event.key !== "Escape" && event.key !== "Enter") return;
  if (event.key === "Enter" && target === search) {
    search.blur();
    move(1);
    event.preventDefault();
    return;
  }
  if (event.key === "Enter" && target.closest("a, button, summary")) return;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
};

// --- light and dark --------------------------------------------------------------------------------

const THEME = "reqflo-theme";
const stored = (value) => {
  try {
    if (value) localStorage.setItem(THEME, value);
    return localStorage.getItem(THEME);
  } catch {
    return null;
  }
};
const setTheme = (theme) => {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
};
const switchTheme = () => {
  const isDark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(isDark ? "light" : "dark");
  stored(isDark ? "light" : "dark");
};

setTheme(stored());

// --- the frame -------------------------------------------------------------------------------------

const top = (name, ...middle) =>
  el(
    "header.top",
    el(
      "a.brand",
      { href: "#/" },
      svg(
        "logo",
        ["logo-path", "M2.5 4.5h6a3 3 0 0 1 0 6h-1a2.5 2.5 0 0 0 0 5h6"],
        ["logo-dot", "M2.5 3a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z"],
      ),
      el("span", name),
    ),
    middle,
    el("span.spacer"),
    button(
      { class: "tool", title: "Light or dark (t)", "aria-label": "Light or dark", onclick: switchTheme },
      icon("moon"),
    ),
    button({ class: "tool", title: "Keys (?)", "aria-label": "Keys", onclick: () => help.showModal() }, "?"),
  );
const shell = (...tools) =>
  el(
    "div.shell",
    el(
      "aside.side",
      { "aria-label": "Runs" },
      el("div.toolbar", el("label.search", icon("search"), search, el("kbd", "/")), filters, tools),
      runList,
    ),
    main,
  );
const listen = (onAddress) => {
  addEventListener("hashchange", onAddress);
  addEventListener("keydown", onKey);
  addEventListener("beforeprint", () => {
    for (const node of main.querySelectorAll(".step")) node.setOpen(true);
    for (const node of main.querySelectorAll("details")) node.open = true;
  });
  document.documentElement.dataset.ready = "true";
};
