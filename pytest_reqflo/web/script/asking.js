/* Asking the server, now and then, and what is said when it does not answer. */

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

const SOON_MS = 1000;
const LATER_MS = 3000;
const MOST_DOUBLINGS = 4;

class Refused extends Error {}

const urlOf = (path, given = {}) => {
  const said = Object.entries(given).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  const query = new URLSearchParams(said);
  return `/api/${path}${String(query) && `?${query}`}`;
};

/** Return data and tag of an answer, null when nothing has changed since *tag*. */
const ask = async (url, { tag, signal } = {}) => {
  const answer = await fetch(url, { signal, headers: tag ? { "If-None-Match": tag } : {} });
  if (answer.status === 304) return null;
  if (answer.status === 403) throw new Refused("The server was started anew: open the address that it printed.");
  const data = await answer.json();
  if (answer.ok) return { data, tag: answer.headers.get("ETag") };
  throw Object.assign(new Error(data.problem.title), { hint: data.problem.hint, status: answer.status });
};

// --- trouble ---------------------------------------------------------------------------------------

const trouble = el("div.trouble", { role: "alert", hidden: true });
const troubled = new Set();
const well = (watch) => {
  troubled.delete(watch);
  if (!troubled.size) trouble.hidden = true;
};
const notWell = (watch, error) => {
  troubled.add(watch);
  const isGone = error instanceof TypeError;
  const askNow = () => {
    for (const each of [...troubled]) each.now();
  };
  trouble.replaceChildren();
  fill(trouble, [
    el("b", isGone ? "The server does not answer." : error.message),
    isGone && el("span", "What is shown was read before. It is asked again and again."),
    error.hint && el("span", error.hint),
    !(error instanceof Refused) && button({ class: "alike", onclick: askNow }, "Ask now"),
  ]);
  trouble.hidden = false;
};

/**
 * Ask for *url* now and then, and draw what has changed, null for what is not there.
 * It ends by `stop`, and when `draw` returns false.
 */
const watch = (url, everyMs, draw) => {
  const control = new AbortController();
  let tag;
  let timer;
  let failures = 0;
  let pauseMs = everyMs;
  const look = async () => {
    // A page that nobody sees is asked for once.
    if (document.hidden && tag) return true;
    const began = Date.now();
    const found = await ask(url, { tag, signal: control.signal });
    // What takes the server long is asked more seldom.
    pauseMs = Math.max(everyMs, 10 * (Date.now() - began));
    failures = 0;
    well(self);
    if (!found) return true;
    tag = found.tag;
    return draw(found.data) !== false;
  };
  const fail = (error) => {
    if (error.status === 404) return draw(null), false;
    failures = Math.min(failures + 1, MOST_DOUBLINGS);
    notWell(self, error);
    return !(error instanceof Refused);
  };
  const self = {
    now: async () => {
      clearTimeout(timer);
      const goesOn = await look().catch((error) => !control.signal.aborted && fail(error));
      if (goesOn && !control.signal.aborted) timer = setTimeout(self.now, pauseMs * 2 ** failures);
    },
    stop: () => {
      control.abort();
      clearTimeout(timer);
      well(self);
    },
  };
  self.now();
  return self;
};
