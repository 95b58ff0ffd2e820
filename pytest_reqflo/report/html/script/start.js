/* Drawing, keys, light and dark, and the start. */

const main = el("main", { tabindex: "-1" });
let shownRun = "";
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
const drawMain = async () => {
  document.body.dataset.view = state.view;
  if (state.view === "run") {
    const run = byId.get(state.id);
    if (shownRun === state.id && run) {
      const named = openSteps();
      if (named) named.scrollIntoView({ block: "start" });
      return;
    }
    const detail = run ? (await source.run(run)) || {} : null;
    if (state.view !== "run" || (run && state.id !== run.id)) return; // another was chosen meanwhile
    shownRun = state.id;
    main.replaceChildren();
    fill(main, [run ? runView(run, detail) : missing("There is no such run in this report.")]);
    main.scrollTop = 0;
    const named = openSteps();
    if (named && named !== main.querySelector(".step")) named.scrollIntoView({ block: "start" });
  } else {
    shownRun = "";
    main.replaceChildren();
    fill(main, [state.view === "journey" ? journeyView() : overview()]);
    main.scrollTop = 0;
  }
  if (matchMedia("(max-width: 860px)").matches) scrollTo(0, 0);
};
const drawAll = (isFilterChanged) => {
  if (isFilterChanged) {
    drawToolbar();
    drawList();
  } else {
    markCurrent();
    revealCurrent();
  }
  drawMain();
};
const onAddress = () => {
  const before = [state.q, state.status, state.same].join("\n");
  readAddress();
  const isUnfolded = unfoldCurrent();
  drawAll(isUnfolded || before !== [state.q, state.status, state.same].join("\n"));
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
  else if (isFiltered()) setFilter({ q: "", status: "", same: "" });
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

// --- start -----------------------------------------------------------------------------------------

const start = async () => {
  setTheme(stored());
  ({ session, journeys, runs } = await source.runs());
  for (const journey of journeys) journey.runs = [];
  for (const run of runs) {
    byId.set(run.id, run);
    journeys[run.journey].runs.push(run);
  }
  readAddress();
  const { status, words } = verdict();
  document.title = `${words} · ${session.project}`;
  const bad = runs.filter(isBad).length;
  fill(document.getElementById("app"), [
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
        el("span", session.project),
      ),
      el(`span.verdict.is-${status}`, mark(status), bad ? `${number(bad)} failed` : STATUSES[status].word),
      el("span.spacer"),
      button(
        { class: "tool", title: "Light or dark (t)", "aria-label": "Light or dark", onclick: switchTheme },
        icon("moon"),
      ),
      button({ class: "tool", title: "Keys (?)", "aria-label": "Keys", onclick: () => help.showModal() }, "?"),
    ),
    el(
      "div.shell",
      el(
        "aside.side",
        { "aria-label": "Runs" },
        el("div.toolbar", el("label.search", icon("search"), search, el("kbd", "/")), filters),
        runList,
      ),
      main,
    ),
    help,
    live,
  ]);
  unfoldCurrent();
  drawAll(true);
  addEventListener("hashchange", onAddress);
  addEventListener("keydown", onKey);
  addEventListener("beforeprint", () => {
    for (const node of main.querySelectorAll(".step")) node.setOpen(true);
    for (const node of main.querySelectorAll("details")) node.open = true;
  });
  document.documentElement.dataset.ready = "true";
};
start();
