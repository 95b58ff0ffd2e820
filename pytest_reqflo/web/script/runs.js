/* The list of runs, newest first: in pages that the server makes, kept up to date. */

const PAGE = 50;
let entries = [];
let next = null;
let listWatch;
let known = [];

journeys = {};
runs = [];

/** Runs come with what is said of their journey, which the pages want apart. */
const take = (run) => {
  if (typeof run.journey === "object") {
    const { id, name } = run.journey;
    // Of a run that is not over only the id of its journey is told in a list.
    const named = name === id && (journeys[id] || known.find((each) => each.id === id));
    // Several runs: the page of a run then leads to that of its journey.
    journeys[id] = { ...run.journey, ...(named && { name: named.name }), key: id, runs: [run, run] };
    run.journey = id;
  }
  return { detail: "asked", ...run };
};
/** Take the journeys that there are; runs that came before show their names now. */
const learn = (found) => {
  known = found;
  for (const { id, name } of known) {
    if (journeys[id] && journeys[id].name === id && name !== id) {
      journeys[id].name = name;
      for (const run of runs.filter((each) => each.journey === id)) nodeOf(run)?.replaceWith(drawRun(run));
    }
  }
  drawToolbar();
};
const nodeOf = (run) => [...runList.querySelectorAll(".run")].find((node) => node.dataset.id === run.id);
const alikeButton = () => null;

const ago = (iso) => {
  const s = Math.max(0, (Date.now() - new Date(iso)) / 1000);
  if (s < 60) return "now";
  const [unit_s, unit] = s < 3600 ? [60, "m"] : s < 86400 ? [3600, "h"] : [86400, "d"];
  return `${Math.floor(s / unit_s)} ${unit}`;
};
const isCurrent = (run) => state.view === "run" && state.id === run.id;
const drawRun = (run) =>
  el(
    "a.run.is-solo",
    { href: toRun(run), "data-id": run.id, title: when(run.started_at), "aria-current": isCurrent(run) && "true" },
    mark(run.status),
    el(
      "span.run-name",
      journeys[run.journey].name,
      label(run) && el("small", label(run)),
      run.environment && el("small", run.environment),
    ),
    el("span.offscreen", `, ${STATUSES[run.status].word}, `),
    el(
      "span.run-time",
      [run.elapsed_s !== undefined && !run.is_open && time(run.elapsed_s), ago(run.started_at)]
        .filter(Boolean)
        .join(" · "),
    ),
    run.message && el("span.run-message", sentence(run.message)),
  );

const runList = el("div.list");
const older = button({ class: "more-rows", onclick: () => drawOlder() }, "Show older");
const watcher = new IntersectionObserver((seen) => {
  if (seen.some((each) => each.isIntersecting)) drawOlder();
});
const filterOf = () => Object.fromEntries(NAMES.map((name) => [name, state[name]]));

let isAsking = false;
const drawOlder = async () => {
  if (!next || isAsking) return;
  isAsking = true;
  const before = next;
  try {
    const { data } = await ask(urlOf("runs", { ...filterOf(), before, limit: PAGE }));
    if (before !== next) return; // the list was begun anew meanwhile
    next = data.next;
    showRuns([...runs, ...data.runs.map(take)]);
  } catch (error) {
    announce(error.message);
  } finally {
    isAsking = false;
  }
};
/** Put a first page that was asked for again before the older runs that are shown. */
const mergeRuns = ({ runs: fresh, next: after }) => {
  const first = fresh.map(take);
  const last = first.length ? runs.findIndex((run) => run.id === first.at(-1).id) : -1;
  if (after && last >= 0) showRuns([...first, ...runs.slice(last + 1)]);
  else {
    next = after;
    showRuns(first);
  }
};
const showRuns = (all) => {
  const shown = new Map(runs.map((run) => [run.id, run]));
  const nodes = new Map([...runList.querySelectorAll(".run")].map((node) => [node.dataset.id, node]));
  const isSame = (run) => JSON.stringify(shown.get(run.id)) === JSON.stringify(run);
  runs = all.map((run) => (isSame(run) ? shown.get(run.id) : run));
  entries = runs.map((run) => ({ run }));
  const at = runList.scrollTop;
  const drawn = (run) => (shown.get(run.id) === run && nodes.get(run.id)) || drawRun(run);
  runList.replaceChildren(...runs.map(drawn), ...(next ? [older] : []));
  runList.scrollTop = at;
  if (!runs.length && !next) fill(runList, [nothing()]);
  watcher.disconnect();
  if (next) watcher.observe(older);
  markCurrent();
};
const nothing = () =>
  el(
    "p.empty",
    isFiltered() ? "Nothing matches." : "No run was recorded here yet.",
    isFiltered() && button({ onclick: showAll }, "Show all"),
  );
const markCurrent = () => {
  for (const node of runList.querySelectorAll(".run")) {
    if (state.view === "run" && node.dataset.id === state.id) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  }
};

let typing;
/** Begin the list anew, once nothing was typed for a moment. */
const drawList = () => {
  clearTimeout(typing);
  typing = setTimeout(askRuns, listWatch ? 150 : 0);
};
const askRuns = () => {
  listWatch?.stop();
  let isFirst = true;
  listWatch = watch(urlOf("runs", { ...filterOf(), limit: PAGE }), LATER_MS, (data) => {
    if (isFirst) {
      runs = [];
      runList.scrollTop = 0;
    }
    isFirst = false;
    mergeRuns(data);
  });
};

// --- filters ---------------------------------------------------------------------------------------

const KINDS = [
  ["", "all"],
  ["bad", "failures"],
  ["passed", "passed"],
  ["open", "under way"],
];
const search = el("input", {
  type: "search",
  placeholder: "Search journeys, cases, items, run ids",
  "aria-label": "Search",
  spellcheck: "false",
  autocomplete: "off",
  oninput: () => setFilter({ q: search.value }),
});
const filters = el("div.filters", { role: "group", "aria-label": "Filter by status" });
const picks = el("div.picks");
const pick = (name, words, values) => {
  const all = new Map(values);
  if (state[name] && !all.has(state[name])) all.set(state[name], state[name]);
  const option = ([value, shown]) => el("option", { value, selected: state[name] === value }, shown);
  return (
    all.size > 0 &&
    el(
      "select",
      { "aria-label": words, onchange: (event) => setFilter({ [name]: event.target.value }) },
      [["", words], ...all].map(option),
    )
  );
};
const drawToolbar = () => {
  if (search.value !== state.q) search.value = state.q;
  const one = ([key, words]) =>
    button(
      {
        class: "filter",
        "aria-pressed": String(state.status === key),
        "data-filter": key || "all",
        onclick: () => setFilter({ status: state.status === key ? "" : key }),
      },
      words,
    );
  filters.replaceChildren(...KINDS.map(one));
  const environments = [...new Set(known.flatMap((each) => list(each.environments)))].sort();
  const narrowed = { class: "filter is-same", "aria-pressed": "true", title: "Show runs of every artifact" };
  picks.replaceChildren();
  fill(picks, [
    pick(
      "journey",
      "every journey",
      known.map((each) => [each.id, each.name]),
    ),
    pick(
      "env",
      "every environment",
      environments.map((name) => [name, name]),
    ),
    state.artifact &&
      button({ ...narrowed, onclick: () => setFilter({ artifact: "" }) }, state.artifact, el("b", "×")),
  ]);
};
