/* The address chooses the page; the start. */

const PAGES = {
  overview: overviewPage,
  run: runPage,
  journey: journeyPage,
  artifact: artifactPage,
  schedules: schedulesPage,
  workers: workersPage,
};
VIEWS.splice(0, VIEWS.length, ...Object.keys(PAGES));

let watches = [];
let shown = "";
const drawPage = () => {
  for (const link of document.querySelectorAll(".views a")) {
    if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // Another step of the same run is the same page.
  if (shown === `${state.view}/${state.id}`) return;
  shown = `${state.view}/${state.id}`;
  document.body.dataset.view = state.view;
  for (const each of watches) each.stop();
  main.replaceChildren();
  delete main.dataset.over;
  main.scrollTop = 0;
  watches = PAGES[state.view](state.id);
};
const onAddress = () => {
  const before = JSON.stringify(filterOf());
  readAddress();
  if (before !== JSON.stringify(filterOf())) {
    drawToolbar();
    drawList();
  }
  drawPage();
  markCurrent();
};
const pageLinks = () => {
  const link = (name, words) => el("a", { href: address(name, "", "", {}), "data-view": name }, words);
  return el(
    "nav.views",
    { "aria-label": "Pages" },
    link("overview", "Runs"),
    about.is_served && [link("schedules", "Schedules"), link("workers", "Workers")],
  );
};
const start = async () => {
  const app = document.getElementById("app");
  try {
    ({ data: about } = await ask(urlOf("about")));
  } catch (error) {
    notWell({ now: start }, error);
    app.replaceChildren(trouble);
    return;
  }
  document.title = `Runs · ${about.project}`;
  app.replaceChildren();
  trouble.hidden = true;
  troubled.clear();
  fill(app, [top(about.project, pageLinks()), trouble, shell(picks), help, live]);
  readAddress();
  drawToolbar();
  drawList();
  drawPage();
  listen(onAddress);
  // The overview asks for them too; another page needs their names for the filters.
  if (state.view !== "overview") {
    const { data } = await ask(urlOf("journeys"));
    learn(data.journeys);
  }
};
start();
