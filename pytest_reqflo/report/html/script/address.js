/* The address says what is shown: a view, a run, a step, and the filters of the list. */

let session;
let journeys;
let runs;
const byId = new Map();
/** Besides the overview. */
const VIEWS = ["run", "journey"];
/** What of the address says which runs are listed. */
const NAMES = ["q", "status", "same"];
const state = { view: "overview", id: "", step: "", q: "", status: "", same: "" };
const toggled = new Map();

const address = (view, id, step, filter = state) => {
  const path = [view, id, step].filter(Boolean).map(encodeURIComponent).join("/");
  const query = new URLSearchParams();
  for (const name of NAMES) if (filter[name]) query.set(name, filter[name]);
  return `#/${view === "overview" ? "" : path}${String(query) && `?${query}`}`;
};
const decode = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
const readAddress = () => {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, id = "", step = ""] = path.split("/").map(decode);
  const given = new URLSearchParams(query);
  Object.assign(state, { view: VIEWS.includes(view) ? view : "overview", id, step });
  for (const name of NAMES) state[name] = given.get(name) || "";
};
const go = (hash) => {
  if (location.hash !== hash) location.hash = hash;
};
const setFilter = (change) => {
  Object.assign(state, change);
  history.replaceState(null, "", address(state.view, state.id, state.step));
  drawToolbar();
  drawList();
};
const showAll = () => setFilter(Object.fromEntries(NAMES.map((name) => [name, ""])));
const toRun = (run, step) => address("run", run.id, step);
const toJourney = (key) => address("journey", keyOf(journeys[key]));
const keyOf = (journey) => journey.key || journey.file || journey.id;
const nameOf = (run) => [journeys[run.journey].name, label(run)].filter(Boolean).join(" › ");

const FILTERS = {
  bad: { word: "all failures", holds: isBad },
  ...Object.fromEntries(
    ORDER.map((status) => [status, { word: STATUSES[status].word, status, holds: (run) => run.status === status }]),
  ),
  flaky: { word: "flaky", holds: (run) => run.earlier && !isBad(run) },
  soft: { word: "soft failures", holds: (run) => run.soft },
};
const sameAs = (run) => run.fingerprint || `${run.journey}\n${run.message || ""}`;
const hayOf = (run) => {
  if (run.hay === undefined) {
    const journey = journeys[run.journey];
    const values = list(run.values).map((pair) => pair.join(" "));
    run.hay = [
      journey.name,
      journey.id,
      journey.file,
      journey.artifact,
      list(journey.steps).join(" "),
      list(journey.tags).join(" "),
      run.case,
      run.row,
      run.number,
      run.step,
      run.message,
      run.id,
      run.test,
      run.category,
      run.status,
      STATUSES[run.status].word,
      run.environment,
      values.join(" "),
    ]
      .join("\n")
      .toLowerCase();
  }
  return run.hay;
};
const select = () => {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const filter = FILTERS[state.status];
  return runs.filter(
    (run) =>
      (!filter || filter.holds(run)) &&
      (!state.same || sameAs(run) === state.same) &&
      (!words.length || words.every((word) => hayOf(run).includes(word))),
  );
};
const isFiltered = () => NAMES.some((name) => state[name]);
