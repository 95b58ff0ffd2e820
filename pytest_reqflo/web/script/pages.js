/* The pages: overview, run, journey, artifact, schedules, workers. Each returns what it watches. */

let about;
const hero = (title, ...rest) => el("section.hero", crumbs(), el("h1", title), rest);
const draw = (...children) => {
  const at = main.scrollTop;
  main.replaceChildren();
  fill(main, children);
  main.scrollTop = at;
};
const asTable = (heads, rows, empty, kind) =>
  rows.length ? table(heads, rows, kind) : el("p.note", sentence(empty));
const linkTo = (view, id, ...words) => el("a", { href: address(view, id) }, words);
const listed = (filter, words) => el("a", { href: address("overview", "", "", filter) }, words);
const RUN_HEADS = ["status", "run", "environment", "took", "started", "message"];
const runRows = (found) =>
  found.map((run) => [
    [mark(run.status), " ", STATUSES[run.status].word],
    el("a", { href: toRun(run) }, nameOf(run)),
    run.environment || "",
    run.is_open ? "" : time(run.elapsed_s),
    when(run.started_at),
    el("span.message", sentence(run.message || "")),
  ]);

// --- overview --------------------------------------------------------------------------------------

const journeyRow = (each) => {
  const outcomes = each.outcomes || {};
  const ended = (each.runs || 0) - (outcomes.open || 0);
  const rate = `${Math.round((100 * (outcomes.passed || 0)) / ended)} % of ${number(ended)}`;
  return [
    linkTo("journey", each.id, each.name),
    each.recent ? strip(each.recent) : "",
    ended ? (each.is_failures_alone ? `${count(ended, "failure")} kept` : rate) : "",
    when(each.last_at),
  ];
};
const overviewPage = () => {
  let underWay = [];
  let bad = [];
  const redraw = () => {
    const total = known.reduce((sum, each) => sum + (each.runs || 0), 0);
    const words = [about.store, total > 0 && count(total, "run"), count(known.length, "journey")];
    const empty = "No journey ran here yet: `pytest --reqflo-durable` records each run.";
    draw(
      el("section.hero", el("h1", about.project), el("p.dim", words.filter(Boolean).join(" · "))),
      underWay.length > 0 &&
        el("section", { "data-part": "open" }, el("h2", "Under way"), table(RUN_HEADS, runRows(underWay), "is-runs")),
      el(
        "section",
        el("h2", "Journeys"),
        asTable(["journey", "latest runs", "passed", "last run"], known.map(journeyRow), empty),
      ),
      bad.length > 0 && el("section", el("h2", "Latest failures"), table(RUN_HEADS, runRows(bad), "is-runs")),
      el("p.dim.foot", `pytest-reqflo ${about.version}. Nothing here changes the store. Press `, el("kbd", "?"), "."),
    );
  };
  return [
    watch(urlOf("journeys"), LATER_MS, (data) => {
      learn(data.journeys);
      redraw();
    }),
    watch(urlOf("runs", { status: "open", limit: 20 }), LATER_MS, (data) => {
      underWay = data.runs.map(take);
      redraw();
    }),
    watch(urlOf("runs", { status: "bad", limit: 10 }), LATER_MS, (data) => {
      bad = data.runs.map(take);
      redraw();
    }),
  ];
};

// --- a run -----------------------------------------------------------------------------------------

const notThere = (what) => {
  draw(missing(`There is no such ${what} here.`));
  return [];
};
const runPage = (id) => {
  if (!/^run_[0-9a-f]{32}$/.test(id)) return notThere("run");
  let isFirst = true;
  const show = (data) => {
    if (!data) return notThere("run");
    const open = [...main.querySelectorAll(".step.is-open")].map((node) => node.dataset.step);
    drawOne(id, data);
    if (isFirst) toNamedStep();
    else for (const node of main.querySelectorAll(".step")) if (open.includes(node.dataset.step)) node.setOpen(true);
    isFirst = false;
    main.dataset.over = String(data.is_over);
    return !data.is_over;
  };
  return [watch(urlOf("run", { id }), SOON_MS, show)];
};
const drawOne = (id, data) => {
  const run = take({ ...data.run, journey: { ...data.journey } });
  // The neighbours of a run are found by what is listed.
  const one = runs.find((each) => each.id === id);
  const steps = list(data.detail.steps);
  for (const step of steps) if (step.attempt) step.reason = `try ${step.attempt} is under way`;
  const { artifact } = data.journey;
  draw(
    runView(one ? Object.assign(one, run) : run, data.detail),
    el("p.foot", linkTo("artifact", artifact, "Its artifact"), " · ", listed({ artifact }, "Runs of this artifact")),
  );
  const current = steps.find((step) => step.attempt);
  if (current) main.querySelector(".step.is-running .step-status").append(el("small", `try ${current.attempt}`));
};
const toNamedStep = () => {
  main.scrollTop = 0;
  const named = openSteps();
  if (named && named !== main.querySelector(".step")) named.scrollIntoView({ block: "start" });
};

// --- a journey -------------------------------------------------------------------------------------

const pastOf = (past) => {
  const ended = past.filter((run) => !run.is_open).reverse();
  const isPartial = ended.every((run) => run.is_kept && isBad(run));
  const partly = "Of runs that are not durable those that fail are kept: `--reqflo-evidence=all` keeps every run.";
  return (
    ended.length > 0 &&
    el(
      "section",
      el("h2", `History of ${count(ended.length, "run")}`),
      isPartial ? el("p.note", sentence(partly)) : passRate(ended),
      durations(ended),
    )
  );
};
const VERSION_HEADS = ["version", "artifact", "label", "first run", "runs"];
const versionRow = (each) => [
  each.version || "",
  linkTo("artifact", each.artifact, code(each.artifact)),
  each.label || "",
  when(each.seen_at),
  listed({ artifact: each.artifact }, "in the list"),
];
const change = (line) => {
  const kind = / (added|removed|moved)\b/.exec(line)?.[1] || "changed";
  return el(`li.is-${kind}`, sentence(line));
};
const differenceOf = async (chosen) => {
  try {
    const { data } = await ask(urlOf("diff", chosen));
    return data.lines.length ? el("ul.changes", data.lines.map(change)) : el("p.note", "No difference in meaning.");
  } catch (error) {
    return el("p.note.is-warning", error.message);
  }
};
/** Two versions to choose, and their difference in meaning. */
const comparison = (versions) => {
  const chosen = { before: versions[1].artifact, after: versions[0].artifact };
  const shown = el("div.difference");
  const compare = async () => {
    const asked = JSON.stringify(chosen);
    const content = await differenceOf(chosen);
    if (asked === JSON.stringify(chosen)) shown.replaceChildren(content);
  };
  const pickOf = (side) =>
    el(
      "select",
      {
        "aria-label": side,
        onchange: (event) => {
          chosen[side] = event.target.value;
          compare();
        },
      },
      versions.map(({ artifact, version }) =>
        el("option", { value: artifact, selected: artifact === chosen[side] }, version || artifact),
      ),
    );
  compare();
  return [el("p.compare", "Compare ", pickOf("before"), " with ", pickOf("after")), shown];
};
const journeyPage = (id) => {
  let past = [];
  let versions = [];
  let compared = null;
  const redraw = () => {
    const newest = versions[0] || {};
    const named = journeys[id] || known.find((each) => each.id === id) || newest;
    draw(
      hero(
        named.name || id,
        el("dl.facts", fact("id", id, true), fact("file", newest.file, true), fact("owner", newest.owner)),
        el("p", listed({ journey: id }, "All its runs in the list")),
      ),
      pastOf(past),
      el(
        "section",
        { "data-part": "runs" },
        el("h2", "Runs"),
        asTable(RUN_HEADS, runRows(past.slice(0, PAGE)), "It did not run here yet.", "is-runs"),
      ),
      el(
        "section",
        { "data-part": "versions" },
        el("h2", "Versions"),
        asTable(VERSION_HEADS, versions.map(versionRow), "No version of it is stored here."),
        compared,
      ),
    );
  };
  return [
    watch(urlOf("runs", { journey: id, limit: 200 }), LATER_MS, (data) => {
      past = data.runs.map(take);
      redraw();
    }),
    watch(urlOf("versions", { journey: id }), 5 * LATER_MS, (data) => {
      versions = data.versions;
      compared = versions.length > 1 ? comparison(versions) : null;
      redraw();
    }),
  ];
};

// --- an artifact -----------------------------------------------------------------------------------

const stepRow = (step) => [
  [code(step.id), step.name && ` ${step.name}`, step.phase && chip(step.phase), step.is_polling && chip("polls")],
  [el("span.method", step.method), " ", code(step.url || "")],
  step.template || "",
  String(step.assertions || 0),
];
const artifactPage = (id) => {
  if (!/^artifact_[0-9a-f]{12}$/.test(id)) return notThere("artifact");
  const show = (data) => {
    if (!data) return notThere("artifact");
    const pairs = (some, between) => list(some).map((pair) => pair.join(between));
    const steps = [...list(data.steps), ...list(data.finally).map((step) => ({ ...step, phase: "finally" }))];
    draw(
      hero(
        data.artifact,
        el(
          "dl.facts",
          fact("journey", linkTo("journey", data.journey, data.journey)),
          fact("inputs", pairs(data.inputs, ": ").join(", ")),
          fact("variables", pairs(data.variables, " from ").join(", ")),
          fact("secrets", list(data.secrets).join(", ")),
        ),
      ),
      el(
        "section",
        el("h2", count(steps.length, "step")),
        table(["step", "request", "template", "assertions"], steps.map(stepRow)),
      ),
      el(
        "section",
        el("h2", "What it is made of"),
        el("div.card.code", pretty(data.content)),
        data.is_cut && el("p.dim", "shortened"),
      ),
    );
    return false;
  };
  return [watch(urlOf("artifact", { id }), SOON_MS, show)];
};

// --- schedules and workers -------------------------------------------------------------------------

const schedulesPage = () => {
  const heads = ["name", "when", "state", "next", "last", "journey", "environment"];
  const rowOf = (each) => [
    each.name,
    [code(each.cron), ` ${each.timezone}`],
    each.status,
    when(each.next_at),
    when(each.last_at),
    linkTo("journey", each.journey, each.journey),
    each.environment || "",
  ];
  const never = "An embedded store has no schedules: they need workers and a Postgres.";
  const show = ({ schedules }) =>
    draw(
      hero("Schedules"),
      el("section", asTable(heads, list(schedules).map(rowOf), schedules ? "There are no schedules." : never)),
    );
  return [watch(urlOf("schedules"), LATER_MS, show)];
};
const workersPage = () => {
  const stateOf = (each) =>
    each.state === "live" ? [mark("passed"), " live"] : [mark("skipped"), ` gone for ${time(each.expired_s)}`];
  const rowOf = (each) => [code(each.id), stateOf(each), each.host, String(each.pid), each.version];
  const never = "An embedded store has no workers: the pytest process carries runs out.";
  const show = ({ workers }) =>
    draw(
      hero("Workers"),
      el(
        "section",
        asTable(
          ["worker", "state", "host", "process", "version"],
          list(workers).map(rowOf),
          workers ? "No worker was ever here." : never,
        ),
      ),
    );
  return [watch(urlOf("workers"), LATER_MS, show)];
};
