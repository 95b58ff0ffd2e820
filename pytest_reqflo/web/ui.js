"use strict";
/* The page of a store that is asked while it is read. It is made of the parts of the file's script,
   which calls this one with them; what differs is that data comes by fetch, in pages, and changes. */
globalThis.reqfloUi = (kit) => {
  const { STATUSES, NAMES, state, list, el, fill, icon, mark, button, chip, code, time, number, count, when, label, sentence, pretty, table, fact, announce,
    address, decode, go, setFilter, isFiltered, toRun, isBad, crumbs, runView, openSteps, main, runList, search, filters, help, live, top, shell, listen } = kit;

  Object.assign(STATUSES, {
    cancelled: { word: "cancelled", shape: "square", sign: "cross", bad: true },
    lost: { word: "lost", shape: "triangle", sign: "bang", bad: true },
    left: { word: "left by its process", shape: "square", sign: "dash" },
    running: { word: "running", shape: "ring", sign: "chevron" },
    queued: { word: "queued", shape: "ring", sign: "pause" },
    waiting: { word: "not reached yet", shape: "ring", sign: "dash" },
    open: { word: "not over", shape: "ring", sign: "chevron" },
  });
  NAMES.splice(0, NAMES.length, "q", "status", "journey", "env", "artifact");
  const FILTERS = [["", "all"], ["bad", "failures"], ["passed", "passed"], ["open", "under way"]];
  const PAGE = 50;
  const SOON_MS = 1000;
  const LATER_MS = 3000;
  const MOST_TRIES = 4;

  // --- asking ----------------------------------------------------------------------------------

  class Refused extends Error {}
  const urlOf = (path, given = {}) => {
    const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== "" && value !== undefined && value !== null));
    return `/api/${path}${String(query) && `?${query}`}`;
  };
  /** Return data and tag of an answer, null when nothing has changed since *tag*. */
  const ask = async (url, { tag, signal } = {}) => {
    const answer = await fetch(url, { signal, headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.status === 304) return null;
    if (answer.status === 403) throw new Refused("The server was started anew: open the address that it printed.");
    const data = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(data.problem.title), { hint: data.problem.hint, status: answer.status });
    return { data, tag: answer.headers.get("ETag") };
  };

  const trouble = el("div.trouble", { role: "alert", hidden: true });
  const troubled = new Set();
  const well = (watch) => {
    troubled.delete(watch);
    if (!troubled.size) trouble.hidden = true;
  };
  const notWell = (watch, error) => {
    troubled.add(watch);
    const isGone = error instanceof TypeError;
    trouble.replaceChildren();
    fill(trouble, [el("b", isGone ? "The server does not answer." : error.message), isGone && el("span", "What is shown was read before. It is asked again and again."),
      error.hint && el("span", error.hint), !(error instanceof Refused) && button({ class: "alike", onclick: () => { for (const each of [...troubled]) each.now(); } }, "Ask now")]);
    trouble.hidden = false;
  };

  /** Ask for *url* now and then, and draw what has changed; `stop` ends it, `draw` returns false to end it. */
  const watch = (url, everyMs, draw) => {
    const control = new AbortController();
    let tag;
    let timer;
    let failures = 0;
    const self = {
      now: async () => {
        clearTimeout(timer);
        let goesOn = true;
        try {
          const found = document.hidden && tag ? null : await ask(typeof url === "function" ? url() : url, { tag, signal: control.signal });
          failures = 0;
          well(self);
          if (found) {
            tag = found.tag;
            goesOn = (await draw(found.data)) !== false;
          }
        } catch (error) {
          if (control.signal.aborted) return;
          if (error.status === 404) { draw(null); return; }
          failures = Math.min(failures + 1, MOST_TRIES);
          notWell(self, error);
          goesOn = !(error instanceof Refused);
        }
        if (goesOn && !control.signal.aborted) timer = setTimeout(self.now, everyMs * 2 ** failures);
      },
      stop: () => { control.abort(); clearTimeout(timer); well(self); },
    };
    self.now();
    return self;
  };

  // --- the list --------------------------------------------------------------------------------

  const journeys = {};
  let runs = [];
  let next = null;
  let listWatch;
  /** Runs come with what is said of their journey, which the other script wants apart. */
  const take = (run) => {
    if (typeof run.journey === "object") {
      journeys[run.journey.id] = { ...run.journey, total: 2 };
      run.journey = run.journey.id;
    }
    return { detail: "asked", ...run };
  };
  const ago = (iso) => {
    const s = Math.max(0, (Date.now() - new Date(iso)) / 1000);
    if (s < 60) return "now";
    const [size, unit] = s < 3600 ? [60, "m"] : s < 86400 ? [3600, "h"] : [86400, "d"];
    return `${Math.floor(s / size)} ${unit}`;
  };
  const drawRun = (run) => el("a.run.is-solo", { href: toRun(run), "data-id": run.id, title: when(run.started_at), "aria-current": state.view === "run" && state.id === run.id && "true" },
    mark(run.status),
    el("span.run-name", journeys[run.journey].name, label(run) && el("small", label(run)), run.environment && el("small", run.environment)),
    el("span.offscreen", `, ${STATUSES[run.status].word}, `),
    el("span.run-time", [run.elapsed_s !== undefined && !run.is_open && time(run.elapsed_s), ago(run.started_at)].filter(Boolean).join(" · ")),
    run.message && el("span.run-message", run.message));

  const more = button({ class: "more-rows", onclick: () => drawOlder() }, "Show older");
  const seen = new IntersectionObserver((found) => { if (found.some((each) => each.isIntersecting)) drawOlder(); });
  const filterOf = () => ({ q: state.q, status: state.status, journey: state.journey, env: state.env, artifact: state.artifact });
  let isAsking = false;
  const drawOlder = async () => {
    if (!next || isAsking) return;
    isAsking = true;
    const before = next;
    try {
      const { data } = await ask(urlOf("runs", { ...filterOf(), before, limit: PAGE }));
      if (before === next) {
        next = data.next;
        showRuns([...runs, ...data.runs.map(take)]);
      }
    } catch (error) { announce(error.message); } finally { isAsking = false; }
  };
  /** Put a first page that was asked for again before the older runs that are shown. */
  const merge = ({ runs: fresh, next: after }) => {
    const first = fresh.map(take);
    const last = first.length && runs.findIndex((run) => run.id === first.at(-1).id);
    if (!after || last < 0 || !runs.length) {
      next = after;
      showRuns(first);
    } else showRuns([...first, ...runs.slice(last + 1)]);
  };
  const showRuns = (all) => {
    const shown = new Map(runs.map((run) => [run.id, run]));
    const isSame = (run) => JSON.stringify(shown.get(run.id)) === JSON.stringify(run);
    const nodes = new Map([...runList.querySelectorAll(".run")].map((node) => [node.dataset.id, node]));
    runs = all.map((run) => (isSame(run) ? shown.get(run.id) : run));
    kit.use({ journeys, runs, entries: runs.map((run) => ({ run })) });
    const at = runList.scrollTop;
    runList.replaceChildren(...runs.map((run) => (shown.get(run.id) === run && nodes.get(run.id)) || drawRun(run)), ...(next ? [more] : []));
    runList.scrollTop = at;
    if (!runs.length && !next) runList.append(el("p.empty", isFiltered() ? "Nothing matches." : "No run was recorded here yet.",
      isFiltered() && button({ onclick: showAll }, "Show all")));
    seen.disconnect();
    if (next) seen.observe(more);
    markCurrent();
  };
  const showAll = () => setFilter(Object.fromEntries(NAMES.map((name) => [name, ""])));
  const markCurrent = () => {
    for (const node of runList.querySelectorAll(".run")) {
      if (state.view === "run" && node.dataset.id === state.id) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  };

  // --- filters ---------------------------------------------------------------------------------

  const picks = el("div.picks");
  let known = [];
  const pick = (name, words, values) => values.length > 0 && el("select", { "aria-label": words, onchange: (event) => setFilter({ [name]: event.target.value }) },
    el("option", { value: "" }, words), [...new Set([...values.map(([value]) => value), state[name]])].filter(Boolean).map((value) =>
      el("option", { value, selected: state[name] === value }, (values.find(([each]) => each === value) || [value, value])[1])));
  const drawFilters = () => {
    if (search.value !== state.q) search.value = state.q;
    filters.replaceChildren(...FILTERS.map(([key, words]) => button({ class: "filter", "aria-pressed": String(state.status === key), "data-filter": key || "all",
      onclick: () => setFilter({ status: state.status === key ? "" : key }) }, words)));
    picks.replaceChildren();
    fill(picks, [pick("journey", "every journey", known.map((each) => [each.id, each.name])),
      pick("env", "every environment", [...new Set(known.flatMap((each) => list(each.environments)))].sort().map((name) => [name, name])),
      state.artifact && button({ class: "filter is-same", "aria-pressed": "true", title: "Show runs of every artifact", onclick: () => setFilter({ artifact: "" }) }, state.artifact, el("b", "×"))]);
  };
  let typing;
  const onFilter = () => {
    drawFilters();
    clearTimeout(typing);
    typing = setTimeout(askRuns, 150);
  };
  const askRuns = () => {
    listWatch?.stop();
    let isFirst = true;
    listWatch = watch(urlOf("runs", { ...filterOf(), limit: PAGE }), LATER_MS, (data) => {
      if (isFirst) { runs = []; runList.scrollTop = 0; }
      isFirst = false;
      merge(data);
    });
  };

  // --- plots -----------------------------------------------------------------------------------

  const NS = "http://www.w3.org/2000/svg";
  const shape = (tag, given, ...children) => {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const WIDTH = 720;
  const HEIGHT = 120;
  const plot = (words, ...parts) => shape("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words }, ...parts);
  const grid = () => [0, 0.5, 1].map((part) => shape("line", { class: "grid", x1: 0, x2: WIDTH, y1: 1 + part * (HEIGHT - 2), y2: 1 + part * (HEIGHT - 2) }));
  const axis = (...words) => el("div.axis", words.map((each) => el("span", each)));
  const durations = (past) => {
    const most = Math.max(1e-6, ...past.map((run) => run.elapsed_s || 0));
    const step = WIDTH / Math.max(past.length, 20);
    const bars = past.map((run, at) => {
      const height = Math.max(2, ((run.elapsed_s || 0) / most) * (HEIGHT - 4));
      const node = shape("rect", { class: `is-${run.status}`, x: at * step, y: HEIGHT - height, width: Math.max(1, step - 1), height },
        shape("title", {}, `${when(run.started_at)}: ${STATUSES[run.status].word}, ${time(run.elapsed_s)}`));
      node.addEventListener("click", () => go(toRun(run)));
      return node;
    });
    return el("figure.chart", { "data-plot": "durations" }, el("figcaption", "Duration"), axis(time(most), time(most / 2), "0"), plot(`Durations of ${count(past.length, "run")}, ${time(most)} at most`, ...grid(), ...bars));
  };
  /** The share of the last ten runs that passed, at each run. */
  const passRate = (past) => {
    const window = 10;
    const step = WIDTH / Math.max(past.length, 20);
    const points = past.map((_, at) => {
      const last = past.slice(Math.max(0, at - window + 1), at + 1);
      return [(at + 0.5) * step, 1 + (1 - last.filter((run) => run.status === "passed").length / last.length) * (HEIGHT - 2)];
    });
    const line = points.map((point) => point.map((value) => value.toFixed(1)).join(",")).join(" ");
    const rate = past.filter((run) => run.status === "passed").length / Math.max(1, past.length);
    return el("figure.chart", { "data-plot": "pass-rate" }, el("figcaption", "Pass rate of ten runs"), axis("100 %", "50 %", "0"),
      plot(`${Math.round(100 * rate)} % of ${count(past.length, "run")} passed`, ...grid(), shape("polyline", { class: "curve", points: line })));
  };
  const strip = (recent) => el("span.strip", { role: "img", "aria-label": recent.map(([, status]) => STATUSES[status].word).join(", ") },
    [...recent].reverse().map(([id, status]) => el("a", { class: `is-${status}`, href: address("run", id), title: STATUSES[status].word })));

  // --- pages -----------------------------------------------------------------------------------

  let about;
  const hero = (title, ...rest) => el("section.hero", crumbs(), el("h1", title), rest);
  const draw = (...children) => {
    const at = main.scrollTop;
    main.replaceChildren();
    fill(main, children);
    main.scrollTop = at;
  };
  const asTable = (heads, rows, empty) => (rows.length ? table(heads, rows) : el("p.note", empty));
  const runLink = (run) => [el("a", { href: toRun(run) }, journeys[run.journey].name, label(run) && ` › ${label(run)}`)];
  const runRows = (found) => found.map((run) => [[mark(run.status), " ", STATUSES[run.status].word], runLink(run), run.environment || "", run.is_open ? "" : time(run.elapsed_s), when(run.started_at), el("span.message", run.message || "")]);
  const RUN_HEADS = ["status", "run", "environment", "took", "started", "message"];

  const overview = () => {
    let underWay = [];
    let bad = [];
    const redraw = () => {
      const total = known.reduce((sum, each) => sum + (each.runs || 0), 0);
      draw(el("section.hero", el("h1", about.project), el("p.dim", [about.store, total > 0 && count(total, "run"), count(known.length, "journey")].filter(Boolean).join(" · "))),
        underWay.length > 0 && el("section", { "data-part": "open" }, el("h2", "Under way"), table(RUN_HEADS, runRows(underWay))),
        el("section", el("h2", "Journeys"), asTable(["journey", "latest runs", "passed", "last run"], known.map((each) => {
          const ended = (each.runs || 0) - ((each.outcomes || {}).open || 0);
          return [el("a", { href: address("journey", each.id) }, each.name), each.recent ? strip(each.recent) : "", ended ? `${Math.round((100 * (each.outcomes.passed || 0)) / ended)} % of ${number(ended)}` : "", when(each.last_at)];
        }), "No journey ran here yet: `pytest --reqflo-durable` records each run.")),
        bad.length > 0 && el("section", el("h2", "Latest failures"), table(RUN_HEADS, runRows(bad))),
        el("p.dim.foot", `pytest-reqflo ${about.version}. Nothing here changes the store. Press `, el("kbd", "?"), " for the keys."));
    };
    return [
      watch(urlOf("journeys"), LATER_MS, (data) => { known = data.journeys; drawFilters(); redraw(); }),
      watch(urlOf("runs", { status: "open", limit: 20 }), LATER_MS, (data) => { underWay = data.runs.map(take); redraw(); }),
      watch(urlOf("runs", { status: "bad", limit: 10 }), LATER_MS, (data) => { bad = data.runs.map(take); redraw(); }),
    ];
  };

  const missing = (what) => draw(hero("Not found", el("p.dim", what)));
  const runPage = (id) => {
    if (!/^run_[0-9a-f]{32}$/.test(id)) { missing("There is no such run here."); return []; }
    let isFirst = true;
    return [watch(urlOf("run", { id }), SOON_MS, (data) => {
      if (!data) return missing("There is no such run here.");
      const open = [...main.querySelectorAll(".step.is-open")].map((node) => node.dataset.step);
      const run = take({ ...data.run, journey: { ...data.journey } });
      const listed = runs.find((each) => each.id === id);
      if (listed) Object.assign(listed, run);
      kit.use({ journeys });
      const steps = list(data.detail.steps);
      for (const step of steps) if (step.attempt) step.reason = `try ${step.attempt} is under way`;
      draw(runView(listed || run, data.detail), el("p.foot", el("a.to-artifact", { href: address("artifact", data.journey.artifact) }, "Its artifact"), " · ",
        el("a", { href: address("overview", "", "", { artifact: data.journey.artifact }) }, "Runs of this artifact")));
      for (const step of steps.filter((each) => each.attempt)) {
        main.querySelector(`.step.is-running .step-status`)?.append(el("small", `try ${step.attempt}`));
      }
      if (isFirst) {
        main.scrollTop = 0;
        const named = openSteps();
        if (named && named !== main.querySelector(".step")) named.scrollIntoView({ block: "start" });
      } else for (const node of main.querySelectorAll(".step")) if (open.includes(node.dataset.step)) node.setOpen(true);
      isFirst = false;
      main.dataset.over = String(data.is_over);
      return !data.is_over;
    })];
  };

  const onlyFailures = (some) => some.length > 0 && some.every((run) => run.is_kept && isBad(run)) && el("p.note", sentence("Of runs that are not durable those that fail are kept: `--reqflo-evidence=all` keeps every run."));
  const journeyPage = (id) => {
    let past = [];
    let versions = [];
    let difference = el("div");
    const redraw = () => {
      const name = (journeys[id] || known.find((each) => each.id === id) || { name: versions[0]?.name || id }).name;
      const ended = past.filter((run) => !run.is_open).reverse();
      draw(hero(name, el("dl.facts", fact("id", id, true), fact("file", versions[0]?.file, true), fact("owner", versions[0]?.owner)),
        el("p", el("a", { href: address("overview", "", "", { journey: id }) }, "All its runs in the list"))),
        ended.length > 0 && el("section", el("h2", `History of ${count(ended.length, "run")}`), onlyFailures(ended) || passRate(ended), durations(ended)),
        el("section", { "data-part": "runs" }, el("h2", "Runs"), asTable(RUN_HEADS, runRows(past.slice(0, PAGE)), "It did not run here yet.")),
        el("section", { "data-part": "versions" }, el("h2", "Versions"), asTable(["version", "artifact", "label", "first run", "runs"], versions.map((each) => [each.version || "", el("a", { href: address("artifact", each.artifact) }, code(each.artifact)),
          each.label || "", when(each.seen_at), el("a", { href: address("overview", "", "", { artifact: each.artifact }) }, "in the list")]), "No version of it is stored here."),
          versions.length > 1 && el("p.compare", "Compare ", versionPick("before", 1), " with ", versionPick("after", 0)), difference));
    };
    const chosen = {};
    const versionPick = (side, at) => {
      chosen[side] ??= versions[at].artifact;
      return el("select", { "aria-label": side, onchange: (event) => { chosen[side] = event.target.value; compare(); } },
        versions.map((each) => el("option", { value: each.artifact, selected: each.artifact === chosen[side] }, each.version || each.artifact)));
    };
    const compare = async () => {
      const { before, after } = chosen;
      let content;
      try {
        const { data } = await ask(urlOf("diff", { before, after }));
        content = data.lines.length ? el("ul.changes", data.lines.map((line) => el(`li.is-${/ (added|removed|moved)\b/.exec(line)?.[1] || "changed"}`, sentence(line)))) : el("p.note", "No difference in meaning.");
      } catch (error) { content = el("p.note.is-warning", error.message); }
      if (before !== chosen.before || after !== chosen.after) return; // others were chosen meanwhile
      const node = el("div.difference", content);
      difference.replaceWith(node);
      difference = node;
    };
    return [
      watch(urlOf("runs", { journey: id, limit: 200 }), LATER_MS, (data) => { past = data.runs.map(take); redraw(); }),
      watch(urlOf("versions", { journey: id }), 5 * LATER_MS, (data) => { versions = data.versions; redraw(); if (versions.length > 1) compare(); }),
    ];
  };

  const artifactPage = (id) => (/^artifact_[0-9a-f]{12}$/.test(id) ? [watch(urlOf("artifact", { id }), SOON_MS, (data) => {
    if (!data) return missing("There is no such artifact here.");
    const steps = [...list(data.steps), ...list(data.finally).map((step) => ({ ...step, phase: "finally" }))];
    draw(hero(data.artifact, el("dl.facts", fact("journey", el("a", { href: address("journey", data.journey) }, data.journey)), fact("secrets", list(data.secrets).join(", ")),
      fact("inputs", list(data.inputs).map(([name, type]) => `${name}: ${type}`).join(", ")), fact("variables", list(data.variables).map(([name, from]) => `${name} from ${from}`).join(", ")))),
      el("section", el("h2", count(steps.length, "step")), table(["step", "request", "template", "assertions"], steps.map((step) => [[code(step.id), step.name && ` ${step.name}`, step.phase && chip(step.phase), step.is_polling && chip("polls")],
        [el("span.method", step.method), " ", code(step.url || "")], step.template || "", String(step.assertions || 0)]))),
      el("section", el("h2", "What it is made of"), el("div.card.code", pretty(data.content)), data.is_cut && el("p.dim", "shortened")));
    return false;
  })] : (missing("There is no such artifact here."), []));

  const schedulesPage = () => [watch(urlOf("schedules"), LATER_MS, (data) => draw(hero("Schedules"), el("section", data.schedules === null ? el("p.note", "An embedded store has no schedules: they need workers and a Postgres.")
    : asTable(["name", "when", "state", "next", "last", "journey", "environment"], data.schedules.map((each) => [each.name, [code(each.cron), ` ${each.timezone}`], each.status, when(each.next_at), when(each.last_at),
      el("a", { href: address("journey", each.journey) }, each.journey), each.environment || ""]), "There are no schedules."))))];
  const workersPage = () => [watch(urlOf("workers"), LATER_MS, (data) => draw(hero("Workers"), el("section", data.workers === null ? el("p.note", "An embedded store has no workers: the pytest process carries runs out.")
    : asTable(["worker", "state", "host", "process", "version"], data.workers.map((each) => [code(each.id), each.state === "live" ? [mark("passed"), " live"] : [mark("skipped"), ` gone for ${time(each.expired_s)}`],
      each.host, String(each.pid), each.version]), "No worker was ever here."))))];

  const PAGES = { overview, run: runPage, journey: journeyPage, artifact: artifactPage, schedules: schedulesPage, workers: workersPage };

  // --- the address -----------------------------------------------------------------------------

  let watches = [];
  let shown = "";
  const readAddress = () => {
    const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
    const [view, id = "", step = ""] = path.split("/").map(decode);
    const given = new URLSearchParams(query);
    Object.assign(state, { view: Object.hasOwn(PAGES, view) ? view : "overview", id, step });
    for (const name of NAMES) state[name] = given.get(name) || "";
  };
  const onAddress = () => {
    const before = JSON.stringify(filterOf());
    readAddress();
    if (before !== JSON.stringify(filterOf())) onFilter();
    drawPage();
    markCurrent();
  };
  const drawPage = () => {
    const place = `${state.view}/${state.id}`;
    for (const link of document.querySelectorAll(".views a")) link.toggleAttribute("aria-current", link.dataset.view === state.view);
    if (place === shown) return;
    shown = place;
    document.body.dataset.view = state.view;
    for (const each of watches) each.stop();
    main.replaceChildren();
    delete main.dataset.over;
    main.scrollTop = 0;
    watches = PAGES[state.view](state.id);
  };

  // --- start -----------------------------------------------------------------------------------

  const start = async () => {
    try {
      ({ data: about } = await ask(urlOf("about")));
    } catch (error) {
      notWell({ now: start }, error);
      document.getElementById("app").replaceChildren(trouble);
      return;
    }
    document.title = `Runs · ${about.project}`;
    search.placeholder = "Search journeys, cases, items, run ids";
    kit.use({ journeys, runs, onFilter });
    const view = (name, words) => el("a", { href: address(name, "", "", {}), "data-view": name }, words);
    const app = document.getElementById("app");
    app.replaceChildren();
    fill(app, [top(about.project, el("nav.views", { "aria-label": "Pages" }, view("overview", "Runs"), about.is_served && view("schedules", "Schedules"), about.is_served && view("workers", "Workers"))),
      trouble, shell(picks), help, live]);
    readAddress();
    drawFilters();
    askRuns();
    ask(urlOf("journeys")).then(({ data }) => { known = data.journeys; drawFilters(); }, () => {});
    drawPage();
    listen(onAddress);
  };
  start();
};
