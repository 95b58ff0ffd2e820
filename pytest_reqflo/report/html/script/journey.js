/* A journey: its runs as a table with the values of each row. */

/** Numbers in texts are compared as numbers. */
const COLLATOR = new Intl.Collator("en", { numeric: true });
const journeyView = () => {
  const journey = journeys.find((each) => keyOf(each) === state.id);
  if (!journey) return missing("There is no such journey in this report.");
  const members = journey.runs;
  const names = [...new Set(members.flatMap((run) => list(run.values).map(([name]) => name)))].slice(0, 12);
  const valueOf = (run, name) => list(run.values).find(([each]) => each === name)?.[1];
  const columns = [
    [
      "status",
      (run) => ORDER.indexOf(run.status),
      (run) => el(`b.badge.is-${run.status}`, mark(run.status), STATUSES[run.status].word),
    ],
    members.some((run) => run.number) && [
      "row",
      (run) => run.number || 0,
      (run) => num(run.number && String(run.number)),
    ],
    [
      "run",
      label,
      (run) => [
        el("a.whole", { href: toRun(run) }, label(run) || "run"),
        run.case && run.row && el("small", ` ${run.case}`),
      ],
    ],
    members.some((run) => run.message) && [
      "message",
      (run) => run.message || "",
      (run) => el("td.message", run.message),
    ],
    ...names.map((name) => [
      name,
      (run) => valueOf(run, name) || "",
      (run) => el("td.cell", valueOf(run, name) !== undefined && inline(valueOf(run, name))),
    ]),
    ["time", (run) => run.elapsed_s || 0, (run) => num(time(run.elapsed_s))],
  ].filter(Boolean);
  const head = el("tr");
  const body = el("tbody");
  const draw = (run) => row(columns.map(([, , cell]) => cell(run)));
  let rest = [];
  const next = button(
    {
      class: "more-rows",
      onclick: () => {
        body.append(...rest.splice(0, 1000).map(draw));
        next.hidden = !rest.length;
      },
    },
    "Show more",
  );
  const sortBy = (at, isDown) => {
    const value = columns[at][1];
    const compare = (x, y) => (typeof x === "number" ? x - y : COLLATOR.compare(x, y));
    const sorted = [...members].sort((a, b) => compare(value(a), value(b)) * (isDown ? -1 : 1));
    rest = sorted.slice(CHUNK);
    body.replaceChildren(...sorted.slice(0, CHUNK).map(draw));
    next.hidden = !rest.length;
    head.replaceChildren(
      ...columns.map(([name], each) =>
        el(
          `th.${name === "time" || name === "row" ? "num" : ""}`,
          { "aria-sort": each === at ? (isDown ? "descending" : "ascending") : null },
          button(
            { onclick: () => sortBy(each, each === at ? !isDown : name === "time") },
            name,
            each === at && el("span", { "aria-hidden": "true" }, isDown ? " ↓" : " ↑"),
          ),
        ),
      ),
    );
  };
  sortBy(0, false);
  return [
    el(
      "section.hero",
      crumbs(),
      el("h1", journey.name),
      bar(members, "bar is-wide"),
      el("dl.facts", journeyFacts(journey)),
    ),
    el(
      "section",
      el("h2", count(members.length, "run")),
      el("div.scroll", el("table.table.is-rows.is-links", el("thead", head), body)),
      next,
    ),
  ];
};
