/* The overview of the session. */

const verdict = () => {
  const bad = runs.filter(isBad).length;
  if (bad)
    return {
      status: runs.some((run) => run.status === "failed") ? "failed" : "error",
      words: `${number(bad)} of ${count(runs.length, "run")} failed`,
    };
  if (session.exit === 2) return { status: "interrupted", words: "Interrupted" };
  const passed = runs.filter((run) => run.status === "passed").length;
  if (!runs.length) return { status: "skipped", words: "No journey ran" };
  return passed === runs.length
    ? { status: "passed", words: runs.length === 1 ? "The run passed" : `All ${number(passed)} runs passed` }
    : {
        status: passed ? "passed" : "skipped",
        words: `${number(passed)} of ${count(runs.length, "run")} passed, none failed`,
      };
};
const failureGroups = () => {
  const groups = new Map();
  for (const run of runs.filter(isBad)) {
    const key = sameAs(run);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(run);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
};
const alikeButton = (run, total) =>
  total > 1 &&
  button(
    { class: "alike", title: "Show these runs", onclick: () => setFilter({ same: sameAs(run), status: "", q: "" }) },
    `${number(total)} runs alike`,
  );
const failureCard = (members) => {
  const run = members[0];
  const journey = journeys[run.journey];
  return el(
    "li.failure",
    mark(run.status),
    el(
      "div.failure-text",
      el(
        "a",
        { href: toRun(run, run.step), class: "failure-message" },
        sentence(run.message || STATUSES[run.status].word),
      ),
      el(
        "div.dim",
        nameOf(run),
        run.category && chip(run.category),
        journey.file !== journey.name && el("span.path", journey.file),
      ),
    ),
    alikeButton(run, members.length),
  );
};
const overview = () => {
  const { status, words } = verdict();
  const found = counts(runs);
  const groups = failureGroups();
  const environments = [...new Set(runs.map((run) => run.environment).filter(Boolean))];
  const others = Object.entries(session.others || {});
  const othersTotal = others.reduce((sum, [, value]) => sum + value, 0);
  const slow = [...runs]
    .filter((run) => run.elapsed_s)
    .sort((a, b) => b.elapsed_s - a.elapsed_s)
    .slice(0, 6);
  return [
    el(
      "section.hero",
      el("h1", mark(status), words),
      el(
        "p.dim",
        [
          when(session.started_at),
          `took ${time(session.elapsed_s)}`,
          count(journeys.length, "journey"),
          environments.length && `environment ${environments.join(", ")}`,
        ]
          .filter(Boolean)
          .join(" · "),
      ),
      runs.length > 0 && bar(runs, "bar is-wide"),
      el(
        "div.legend",
        ORDER.filter((key) => found[key]).map((key) =>
          button(
            { class: "legend-item", onclick: () => setFilter({ status: key }) },
            mark(key),
            el("b", number(found[key])),
            STATUSES[key].word,
          ),
        ),
      ),
    ),
    session.exit === 2 && el("p.note.is-warning", "The session was interrupted: this is what was done until then."),
    list(session.notes).map((text) => el("p.note", text)),
    groups.length > 0 &&
      el(
        "section",
        el("h2", "What failed", groups.length > 1 && el("small", ` ${number(groups.length)} kinds`)),
        el("ul.failures", groups.slice(0, 50).map(failureCard)),
        groups.length > 50 && el("p.dim", `and ${number(groups.length - 50)} more kinds, in the list`),
      ),
    journeys.length > 0 && el("section", el("h2", "Journeys"), journeyTable()),
    slow.length > 1 &&
      el(
        "section",
        el("h2", "Slowest runs"),
        table(
          null,
          slow.map((run) => [
            el("td.tight", mark(run.status)),
            el("a.whole", { href: toRun(run) }, nameOf(run)),
            el("td.gauge", el("i", { css: { width: `${(100 * run.elapsed_s) / slow[0].elapsed_s}%` } })),
            num(time(run.elapsed_s)),
          ]),
          "is-links",
        ),
      ),
    othersTotal > 0 &&
      el(
        "p.dim.foot",
        `${count(othersTotal, "test")} of this session (${others.map(([word, value]) => `${number(value)} ${word}`).join(", ")}) ${othersTotal === 1 ? "is no journey" : "are no journeys"} and not counted here.`,
      ),
    el("p.dim.foot", `Made by pytest-reqflo ${session.version}. Press `, el("kbd", "?"), " for the keys."),
  ];
};
const journeyTable = () => {
  const ordered = journeys
    .map((journey, key) => ({ journey, key }))
    .sort((a, b) => b.journey.runs.some(isBad) - a.journey.runs.some(isBad));
  const cells = ({ journey, key }) => {
    const members = journey.runs;
    const total = members.reduce((sum, run) => sum + (run.elapsed_s || 0), 0);
    return [
      [
        el("a.whole", { href: members.length === 1 ? toRun(members[0]) : toJourney(key) }, journey.name),
        journey.file !== journey.name && el("div.path", journey.file),
      ],
      el("td.wide-only", versionOf(journey)),
      el("td.gauge", bar(members)),
      num(`${number(members.filter((run) => run.status === "passed").length)} / ${number(members.length)}`),
      num(total ? time(total / members.length) : ""),
    ];
  };
  const heads = [
    "journey",
    el("th.wide-only", "version"),
    el("th.gauge", "outcomes"),
    el("th.num", "passed"),
    el("th.num", "mean time"),
  ];
  const shown = table(heads, ordered.slice(0, CHUNK).map(cells), "is-links");
  return [
    shown,
    ordered.length > CHUNK &&
      button(
        {
          class: "more-rows",
          onclick: (event) => {
            shown.querySelector("tbody").append(...ordered.slice(CHUNK).map((each) => row(cells(each))));
            event.currentTarget.remove();
          },
        },
        `Show all ${number(ordered.length)}`,
      ),
  ];
};
