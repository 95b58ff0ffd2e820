/* A run: its steps in time, and all that is known of it. */

const stepBody = (step) => {
  const tries = step.tries || [];
  const shown = el("div");
  const tabs = el("div.tabs", { role: "group", "aria-label": "Tries" });
  const show = (at) => {
    shown.replaceChildren(tryView(tries[at]));
    [...tabs.children].forEach((tab, each) => tab.setAttribute("aria-pressed", String(each === at)));
  };
  if (tries.length > 1) {
    tabs.append(
      ...tries.map((one, at) =>
        button(
          { onclick: () => show(at), title: `${one.outcome}, ${time(one.elapsed_s)}` },
          mark(one.outcome === "failed" && at + 1 < tries.length ? "skipped" : one.outcome),
          `try ${one.number}`,
        ),
      ),
    );
  }
  if (tries.length) show(tries.length - 1);
  return [problemViews(step), tries.length > 1 && tabs, shown];
};

const spanOf = (steps) =>
  Math.max(1e-6, ...steps.flatMap((step) => list(step.tries).map((one) => (one.at_s || 0) + (one.elapsed_s || 0))));
const tryBar = (one, total) => {
  const percent = (value = 0) => `${(100 * value) / total}%`;
  const parts = list(one.exchanges).flatMap(phasesOf);
  const rest = (one.elapsed_s || 0) - parts.reduce((sum, [, value]) => sum + value, 0);
  return el(
    `span.try-bar.is-${one.outcome}`,
    {
      title: parts.map(([at, value]) => `${PHASE_WORDS[at]} ${time(value)}`).join(", "),
      css: { left: percent(one.at_s), width: percent(one.elapsed_s) },
    },
    parts.map(([at, value]) => el(`i.ph-${PHASES[at]}`, { css: { "flex-grow": value } })),
    rest > 0 && el("i.ph-rest", { css: { "flex-grow": rest } }),
  );
};
const stepView = (step, total, run) => {
  const tries = step.tries || [];
  const isEmpty = !tries.length && !step.problems;
  const exchange = tries.length ? list(tries.at(-1).exchanges).at(-1) : null;
  const inner = el("div.step-body");
  const node = el(`section.step.is-${step.outcome}`, { "data-step": step.id });
  const head = button(
    { class: "step-head", "aria-expanded": isEmpty ? null : "false", disabled: isEmpty },
    icon("chevron"),
    mark(step.outcome),
    el(
      "span.step-name",
      el("b", step.id),
      step.name && el("span.dim", step.name),
      step.phase && chip(step.phase),
      el(
        "span.step-request",
        exchange && [el("span.method", exchange.method), splitUrl(exchange.url)[1]],
        !exchange && sentence(step.reason || step.outcome),
      ),
    ),
    el("span.step-status", exchange && http(exchange.status), tries.length > 1 && el("small", `${tries.length} tries`)),
    el(
      "span.track",
      tries.map((one) => tryBar(one, total)),
    ),
    el("span.step-time", tries.length ? time(step.elapsed_s) : ""),
    el("span.offscreen", STATUSES[step.outcome].word),
  );
  node.isEmpty = isEmpty;
  node.setOpen = (isOpen) => {
    if (isEmpty) return;
    if (isOpen && !inner.firstChild) fill(inner, [stepBody(step)]);
    node.classList.toggle("is-open", isOpen);
    head.setAttribute("aria-expanded", String(isOpen));
  };
  head.addEventListener("click", () => {
    const isOpen = !node.classList.contains("is-open");
    node.setOpen(isOpen);
    if (isOpen) history.replaceState(null, "", toRun(run, step.id));
  });
  fill(node, [head, inner]);
  return node;
};
const timeline = (detail, run) => {
  const steps = detail.steps || [];
  if (!steps.length) return null;
  const total = spanOf(steps);
  const used = new Set(
    steps
      .flatMap((step) => list(step.tries))
      .flatMap((one) => list(one.exchanges))
      .flatMap(phasesOf)
      .map(([at]) => at),
  );
  const views = steps.map((step) => stepView(step, total, run));
  const openAll = () => {
    const isOpen = views.some((view) => !view.isEmpty && !view.classList.contains("is-open"));
    for (const view of views) view.setOpen(isOpen);
  };
  return el(
    "section.timeline",
    el(
      "div.section-head",
      el("h2", count(steps.length, "step")),
      el(
        "div.phases",
        [...used].sort().map((at) => phase(at)),
      ),
      button({ class: "open-all", onclick: openAll, title: "Open or close all steps (e)" }, "Open all"),
    ),
    el("div.steps", views),
  );
};
const valuesView = (values) =>
  table(
    ["name", "value", "from"],
    values.map((value) => [
      el("span", code(value.name), " ", el("small.dim", value.kind)),
      hiddenValue(value),
      el("span", chip(LAYERS[value.layer] || value.layer), value.detail && el("span.dim", value.detail)),
    ]),
  );
const neighbours = (run) => {
  const shown = entries.filter((entry) => entry.run).map((entry) => entry.run);
  const at = shown.indexOf(run);
  const link = (other, words, key) =>
    other
      ? el("a.step-to", { href: toRun(other), title: `${words} (${key})` }, words)
      : el("span.step-to.is-off", words);
  return el(
    "span.neighbours",
    link(at > 0 && shown[at - 1], "Previous", "k"),
    link(at >= 0 && shown[at + 1], "Next", "j"),
  );
};
const runView = (run, detail) => {
  journey = journeys[run.journey];
  const name = label(run);
  const many = journey.runs.length > 1;
  return [
    el(
      "section.hero",
      el("div.hero-top", crumbs(many && el("a", { href: toJourney(run.journey) }, journey.name)), neighbours(run)),
      el(
        "h1",
        mark(run.status),
        many ? name || journey.name : journey.name,
        !many && name && el("small", name),
        copying("copy", () => location.href, "Copy a link to this run", icon("link")),
      ),
      el(
        "p.dim",
        el(`b.word.is-${run.status}`, STATUSES[run.status].word),
        run.elapsed_s !== undefined && ` in ${time(run.elapsed_s)}`,
        run.earlier && ` after ${count(run.earlier, "failed try", "failed tries")}`,
      ),
      run.message && (isBad(run) ? banner(run, detail) : el("p.note", sentence(run.message))),
      detail.is_file_changed &&
        el("p.note.is-warning", "The journey file has changed since this artifact was compiled."),
      list(detail.notices).map((notice) => el("p.note.is-warning", notice)),
      problemViews(detail),
    ),
    detail.text && el("section", el("h2", "What pytest says"), el("div.card", el("pre.raw", detail.text))),
    timeline(detail, run),
    !run.detail && !detail.text && el("p.note", "No steps of this run are in this file."),
    detail.values && el("section", el("h2", "Values"), valuesView(detail.values)),
    list(detail.earlier).length > 0 &&
      el(
        "section",
        el("h2", "Earlier tries"),
        el(
          "ol.earlier",
          detail.earlier.map((message) => el("li", sentence(message))),
        ),
      ),
    list(detail.sections).map(([title, text]) => el("details.output", el("summary", title), el("pre.raw", text))),
    el("section", el("h2", "About this run"), facts(run, detail)),
  ];
};
