/* The list of runs and the tools above it. */

/** Groups and runs as one flat list, of which as much is drawn as was scrolled to. */
const makeEntries = (selected) => {
  const groups = new Map();
  for (const run of selected) {
    if (!groups.has(run.journey)) groups.set(run.journey, []);
    groups.get(run.journey).push(run);
  }
  const entries = [];
  const ordered = [...groups].sort((a, b) => b[1].some(isBad) - a[1].some(isBad));
  for (const [key, members] of ordered) {
    const journey = journeys[key];
    if (journey.runs.length === 1) {
      entries.push({ run: members[0], solo: true });
      continue;
    }
    // Without a filter, a long group shows what failed; the rest is one click away.
    const bad = members.filter(isBad);
    const isShort = isFiltered() || members.length <= 20;
    const isOpen = toggled.has(key) ? toggled.get(key) : isShort || bad.length > 0;
    const shown = isShort || toggled.get(key) ? [...bad, ...members.filter((run) => !isBad(run))] : bad;
    entries.push({ journey, key, members, isOpen });
    if (!isOpen) continue;
    for (const run of shown) entries.push({ run });
    if (shown.length < members.length) entries.push({ key, rest: members.length - shown.length });
  }
  return entries;
};

let entries = [];
let drawn = 0;
const runList = el("div.list");
const more = el("div.more");
const watcher = new IntersectionObserver((seen) => {
  if (seen.some((each) => each.isIntersecting)) drawMore();
});

const counts = (members) => {
  const found = {};
  for (const run of members) found[run.status] = (found[run.status] || 0) + 1;
  return found;
};
const bar = (members, className = "bar") => {
  const found = counts(members);
  const words = ORDER.filter((status) => found[status])
    .map((status) => `${number(found[status])} ${STATUSES[status].word}`)
    .join(", ");
  return el(
    "span",
    { class: className, title: words, role: "img", "aria-label": words },
    [...ORDER]
      .reverse()
      .filter((status) => found[status])
      .map((status) => el(`i.is-${status}`, { css: { "flex-grow": found[status] } })),
  );
};
const drawGroup = ({ journey, key, members, isOpen }) => {
  const bad = members.filter(isBad).length;
  return el(
    "div",
    { class: `group${isOpen ? " is-open" : ""}` },
    button(
      {
        class: "fold",
        "aria-expanded": String(isOpen),
        title: isOpen ? "Fold" : "Unfold",
        "aria-label": `${isOpen ? "fold" : "unfold"} ${journey.name}`,
        onclick: () => {
          toggled.set(key, !isOpen);
          drawList();
        },
      },
      icon("chevron"),
    ),
    el(
      "a",
      {
        href: toJourney(key),
        class: "group-name",
        "aria-current": state.view === "journey" && state.id === keyOf(journey) && "true",
      },
      journey.name,
    ),
    el(
      "span.group-count",
      bad ? el("b", number(bad)) : null,
      bad ? ` / ${number(members.length)}` : number(members.length),
    ),
    bar(members),
  );
};
const drawRun = ({ run, solo }) => {
  const journey = journeys[run.journey];
  const name = label(run);
  return el(
    "a",
    {
      class: `run${solo ? " is-solo" : ""}`,
      href: toRun(run),
      "data-id": run.id,
      "aria-current": state.view === "run" && state.id === run.id && "true",
    },
    mark(run.status),
    el(
      "span.run-name",
      solo ? journey.name : name || "run",
      solo && name && el("small", name),
      run.number && !solo && el("small", `row ${run.number}`),
      run.earlier && el("small.flaky", count(run.earlier + 1, "try", "tries")),
    ),
    el("span.offscreen", `, ${STATUSES[run.status].word}, `),
    el("span.run-time", run.elapsed_s === undefined ? "" : time(run.elapsed_s)),
    run.message && el("span.run-message", sentence(run.message)),
  );
};
const drawRest = ({ key, rest }) =>
  button(
    {
      class: "rest",
      onclick: () => {
        toggled.set(key, true);
        drawList();
      },
    },
    `${number(rest)} more that did not fail`,
  );
const drawMore = (until = drawn + CHUNK) => {
  const next = entries.slice(drawn, until);
  if (!next.length) return;
  drawn += next.length;
  more.before(
    ...next.map((entry) => {
      entry.node = entry.run ? drawRun(entry) : entry.rest ? drawRest(entry) : drawGroup(entry);
      return entry.node;
    }),
  );
  more.hidden = drawn >= entries.length;
};
const drawList = () => {
  const selected = select();
  entries = makeEntries(selected);
  drawn = 0;
  runList.replaceChildren(more);
  drawMore();
  watcher.disconnect();
  watcher.observe(more);
  if (!entries.length)
    more.before(
      el(
        "p.empty",
        runs.length ? "Nothing matches." : "No journey ran.",
        isFiltered() && button({ onclick: showAll }, "Show all"),
      ),
    );
  if (isFiltered()) announce(count(selected.length, "run"));
  revealCurrent();
};
/** Show the rest of a group when the run of the address is in it; say whether that changes the list. */
const unfoldCurrent = () => {
  const run = state.view === "run" && byId.get(state.id);
  if (!run || isBad(run) || isFiltered() || toggled.get(run.journey)) return false;
  toggled.set(run.journey, true);
  return true;
};
const revealCurrent = () => {
  if (state.view !== "run") return;
  const at = entries.findIndex((entry) => entry.run && entry.run.id === state.id);
  if (at < 0) return;
  if (at >= drawn) drawMore(at + 20);
  const node = entries[at].node;
  const [inner, outer] = [node.getBoundingClientRect(), runList.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) node.scrollIntoView({ block: "nearest" });
};
const markCurrent = () => {
  for (const node of runList.querySelectorAll("[aria-current]")) node.removeAttribute("aria-current");
  const entry = entries.find(
    (each) =>
      each.node &&
      (state.view === "run"
        ? each.run && each.run.id === state.id
        : state.view === "journey" && each.journey && keyOf(each.journey) === state.id),
  );
  if (entry) (entry.run ? entry.node : entry.node.querySelector("a")).setAttribute("aria-current", "true");
};

// --- toolbar ---------------------------------------------------------------------------------------

const search = el("input", {
  type: "search",
  placeholder: "Search journeys, rows, steps, messages, run ids",
  "aria-label": "Search",
  spellcheck: "false",
  autocomplete: "off",
  oninput: () => setFilter({ q: search.value }),
});
const filters = el("div.filters", { role: "group", "aria-label": "Filter by status" });
const drawToolbar = () => {
  if (search.value !== state.q) search.value = state.q;
  const totals = Object.entries(FILTERS).map(([key, filter]) => [key, filter, runs.filter(filter.holds).length]);
  const kinds = totals.filter(([key, , total]) => key !== "bad" && total);
  const bad = kinds.filter(([, filter]) => filter.status && STATUSES[filter.status].bad).length;
  const shown = totals.filter(([key, , total]) => total && (key !== "bad" || bad > 1));
  const one = (key, words, total, status) =>
    button(
      {
        class: "filter",
        "aria-pressed": String(state.status === key),
        "data-filter": key || "all",
        onclick: () => setFilter({ status: state.status === key ? "" : key }),
      },
      status && mark(status),
      words,
      el("b", number(total)),
    );
  filters.replaceChildren(
    one("", "All", runs.length),
    ...shown.map(([key, filter, total]) => one(key, filter.word, total, filter.status)),
  );
  if (state.same) {
    filters.append(
      button(
        {
          class: "filter is-same",
          "aria-pressed": "true",
          onclick: () => setFilter({ same: "" }),
          title: "Stop showing one failure only",
        },
        "one failure ",
        el("b", "×"),
      ),
    );
  }
};
