/* Drawing, and the start. */

let shownRun = "";
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
  const before = NAMES.map((name) => state[name]).join("\n");
  readAddress();
  const isUnfolded = unfoldCurrent();
  drawAll(isUnfolded || before !== NAMES.map((name) => state[name]).join("\n"));
};

// --- start -----------------------------------------------------------------------------------------

const start = async () => {
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
    top(
      session.project,
      el(`span.verdict.is-${status}`, mark(status), bad ? `${number(bad)} failed` : STATUSES[status].word),
    ),
    shell(),
    help,
    live,
  ]);
  unfoldCurrent();
  drawAll(true);
  listen(onAddress);
};
start();
