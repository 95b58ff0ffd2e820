"use strict";
/* The page of a session's runs. Text reaches the page by text nodes alone: no markup is ever made
   of data. Data comes from `source`, which another script may replace by one that fetches. */
(() => {
  // --- data ------------------------------------------------------------------------------------

  const block = (id) => {
    const node = document.getElementById(id);
    return node ? JSON.parse(node.textContent) : null;
  };
  const source = {
    /** Session, journeys and the line of each run. */
    runs: async () => block("index"),
    /** What is shown of one run, null when nothing was kept. */
    run: async (run) => (run.detail ? block(run.detail) : null),
  };

  const STATUSES = {
    failed: { word: "failed", shape: "octagon", sign: "cross", bad: true },
    error: { word: "error", shape: "triangle", sign: "bang", bad: true },
    interrupted: { word: "interrupted", shape: "square", sign: "pause", bad: true },
    xpassed: { word: "xpassed", shape: "diamond", sign: "check" },
    xfailed: { word: "xfailed", shape: "diamond", sign: "cross" },
    skipped: { word: "skipped", shape: "ring", sign: "dash" },
    passed: { word: "passed", shape: "circle", sign: "check" },
  };
  const ORDER = Object.keys(STATUSES);
  const isBad = (run) => Boolean(STATUSES[run.status].bad);
  const PHASES = ["pool", "connect", "tls", "send", "wait", "download"];
  const PHASE_WORDS = ["waited for a connection", "connect", "TLS", "send", "wait", "download"];
  const LAYERS = { row: "data row", set: "--set", case: "case", preset: "preset", source: "declared source", default: "default", environment: "environment", unset: "no value" };
  const CHUNK = 200;

  // --- elements --------------------------------------------------------------------------------

  const list = (value) => value || [];
  const fill = (node, children) => {
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false && child !== "") node.append(child);
    }
    return node;
  };
  /** Make an element: `el("a.name", { href }, child, ...)`; the properties may be left out. */
  const el = (kind, ...children) => {
    const [tag, ...classes] = kind.split(".");
    const node = document.createElement(tag);
    const props = children.length && Object.getPrototypeOf(children[0] ?? 0) === Object.prototype ? children.shift() : {};
    if (classes.length) node.className = classes.join(" ");
    for (const [name, value] of Object.entries(props)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "css") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
      else node.setAttribute(name, value === true ? "" : value);
    }
    return fill(node, children);
  };
  const SHAPES = {
    circle: "M8 .8a7.2 7.2 0 1 0 0 14.4A7.2 7.2 0 0 0 8 .8z",
    ring: "M8 1.6a6.4 6.4 0 1 0 0 12.8A6.4 6.4 0 0 0 8 1.6z",
    octagon: "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z",
    triangle: "M8 1.2 15.4 14.6H.6z",
    diamond: "M8 .6 15.4 8 8 15.4 .6 8z",
    square: "M2 2h12v12H2z",
  };
  const SIGNS = {
    check: "M4.9 8.3l2.1 2.1 4.1-4.5",
    cross: "M5.5 5.5l5 5M10.5 5.5l-5 5",
    bang: "M8 6v3.6M8 12v.1",
    dash: "M5.2 8h5.6",
    pause: "M6.4 5.6v4.8M9.6 5.6v4.8",
    chevron: "M6 4l4 4-4 4",
    copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
    link: "M6.5 9.5l3-3M7 5l2-2a2.8 2.8 0 0 1 4 4l-2 2M9 11l-2 2a2.8 2.8 0 0 1-4-4l2-2",
    moon: "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z",
    back: "M10 3L5 8l5 5",
    search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.4 3.4",
  };
  const NS = "http://www.w3.org/2000/svg";
  const svg = (className, ...paths) => {
    const node = document.createElementNS(NS, "svg");
    node.setAttribute("viewBox", "0 0 16 16");
    node.setAttribute("class", className);
    node.setAttribute("aria-hidden", "true");
    for (const [kind, d] of paths) {
      const path = document.createElementNS(NS, "path");
      path.setAttribute("d", d);
      path.setAttribute("class", kind);
      node.append(path);
    }
    return node;
  };
  const icon = (name) => svg("icon", ["sign", SIGNS[name]]);
  const mark = (status) => {
    const { shape, sign } = STATUSES[status];
    return svg(`mark is-${status}`, ["shape", SHAPES[shape]], ["sign", SIGNS[sign]]);
  };
  const button = (props, ...children) => el("button", { type: "button", ...props }, ...children);
  const chip = (...children) => el("span.chip", ...children);
  const code = (text) => el("code", text);
  /** A table; a cell is what stands in it or a cell already. */
  const row = (cells) => el("tr", cells.map((cell) => (cell?.tagName === "TD" ? cell : el("td", cell))));
  const table = (heads, rows, kind = "") => el("div.scroll", el(`table.table.${kind}`,
    heads && el("thead", el("tr", heads.map((head) => (head.tagName ? head : el("th", head))))), el("tbody", rows.map(row))));
  const num = (...children) => el("td.num", children);

  // --- texts -----------------------------------------------------------------------------------

  const time = (s = 0) => {
    if (s < 0.00995) return `${(s * 1000).toFixed(1)} ms`;
    if (s < 0.9995) return `${(s * 1000).toFixed(0)} ms`;
    if (s < 59.95) return `${s.toFixed(s < 10 ? 2 : 1)} s`;
    const whole = Math.round(s);
    const parts = whole < 3600 ? [[whole / 60, "m"], [whole % 60, "s"]] : [[whole / 3600, "h"], [(whole % 3600) / 60, "m"]];
    return parts.map(([value, unit]) => `${Math.floor(value)} ${unit}`).join(" ");
  };
  const size = (bytes) => {
    if (bytes < 1024) return `${bytes} B`;
    return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
  };
  const number = (value) => value.toLocaleString("en");
  const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;
  const versionOf = (journey) => [journey.version, journey.label && `(${journey.label})`].filter(Boolean).join(" ");
  const when = (iso) => {
    const date = new Date(iso);
    return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
  };
  const label = (run) => {
    if (run.row || run.number) return run.row || `row ${run.number}`;
    if (run.case) return run.case;
    const item = run.test.split("::")[1];
    return item && item !== "run" ? item : "";
  };
  const splitUrl = (url) => {
    const found = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/i.exec(url);
    return found ? [found[1], found[2] || "/"] : ["", url];
  };
  /** Backticks of a sentence become code. */
  const sentence = (text) => text.split(/(`[^`]*`)/).map((part) => (/^`[^`]+`$/.test(part) ? code(part.slice(1, -1)) : part));

  const copyText = async (text, from) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea.offscreen");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    from.classList.add("is-done");
    announce("copied");
    setTimeout(() => from.classList.remove("is-done"), 1200);
  };
  /** A button that copies a text, or what a function returns. */
  const copying = (kind, text, title, ...children) =>
    button({ class: kind, title, onclick: (event) => copyText(typeof text === "string" ? text : text(), event.currentTarget) }, children, el("span.done", "copied"));
  const copyButton = (text, words, title) => copying("copy", text, title, icon("copy"), words);
  const live = el("div.offscreen", { "aria-live": "polite" });
  const announce = (text) => { live.textContent = text; };

  // --- JSON ------------------------------------------------------------------------------------

  const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/gs;
  const kindOf = (token) => {
    if (token[0] === '"') return "string";
    return /^-?\d/.test(token) ? "number" : "word";
  };
  const leaf = (token) => el(`span.j-${kindOf(token)}`, token);

  /** Return the tree of a JSON text with its values as they were written; a cut text is closed.
      Null when it is too deep to be drawn. */
  const parseTree = (text) => {
    const root = { items: [] };
    let depth = 0;
    const stack = [root];
    let key = null;
    const put = (item) => { stack[stack.length - 1].items.push({ key, ...item }); key = null; };
    const tokens = text.match(TOKEN) || [];
    tokens.forEach((token, at) => {
      if (token === "{" || token === "[") {
        const node = { open: token, items: [] };
        put({ node });
        depth = Math.max(depth, stack.push(node));
      } else if (token === "}" || token === "]") {
        if (stack.length > 1) stack.pop();
      } else if (token[0] === '"' && tokens[at + 1] === ":") key = token;
      else if (token !== "," && token !== ":") put({ token });
    });
    return depth < 100 ? root : null;
  };
  const drawItem = (item, comma, depth) => {
    const head = item.key === null ? [] : [el("span.j-key", item.key), ": "];
    if (!item.node) return el("div.j-line", head, leaf(item.token), comma);
    const { open, items } = item.node;
    const close = open === "{" ? "}" : "]";
    if (!items.length) return el("div.j-line", head, open + close + comma);
    const what = open === "{" ? count(items.length, "key") : count(items.length, "item");
    const isOpen = depth < 7 && items.length <= 100;
    return el("details.j-node", { open: isOpen },
      el("summary", head, open, el("span.j-fold", ` … ${what} ${close}${comma}`)),
      el("div.j-items", items.map((each, at) => drawItem(each, at + 1 < items.length ? "," : "", depth + 1))),
      el("div.j-close", close + comma));
  };
  const isJson = (text) => {
    try { return typeof JSON.parse(text) === "object"; } catch { return false; }
  };
  const canFold = (text, isCut) => /^\s*[{[]/.test(text) && (isCut || isJson(text)) && parseTree(text) !== null;
  const pretty = (text) => el("div.json", parseTree(text).items.map((item) => drawItem(item, "", 0)));
  const inline = (text) => {
    const node = el("code.value");
    let at = 0;
    for (const found of text.matchAll(TOKEN)) {
      node.append(text.slice(at, found.index));
      at = found.index + found[0].length;
      const isKey = found[0][0] === '"' && /^\s*:/.test(text.slice(at, at + 9));
      if (isKey) node.append(el("span.j-key", found[0]));
      else if (/^[{}[\],:]$/.test(found[0])) node.append(found[0]);
      else node.append(leaf(found[0]));
    }
    node.append(text.slice(at));
    return node;
  };
  const markup = (text) => text.split(/(<[^<>]*>)/).map((part) => (part[0] === "<" ? el("span.j-key", part) : part));
  const valueView = (text) => (text.length > 100 && canFold(text) ? pretty(text) : inline(text));

  // --- state and address -----------------------------------------------------------------------

  let session;
  let journeys;
  let runs;
  const byId = new Map();
  const state = { view: "overview", id: "", step: "", q: "", status: "", same: "" };
  const toggled = new Map();

  const address = (view, id, step, filter = state) => {
    const path = [view, id, step].filter(Boolean).map(encodeURIComponent).join("/");
    const query = new URLSearchParams();
    for (const name of ["q", "status", "same"]) if (filter[name]) query.set(name, filter[name]);
    return `#/${view === "overview" ? "" : path}${String(query) && `?${query}`}`;
  };
  const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
  const readAddress = () => {
    const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
    const [view, id = "", step = ""] = path.split("/").map(decode);
    const given = new URLSearchParams(query);
    Object.assign(state, { view: view === "run" || view === "journey" ? view : "overview", id, step });
    for (const name of ["q", "status", "same"]) state[name] = given.get(name) || "";
  };
  const go = (hash) => { if (location.hash !== hash) location.hash = hash; };
  const setFilter = (change) => {
    Object.assign(state, change);
    history.replaceState(null, "", address(state.view, state.id, state.step));
    drawToolbar();
    drawList();
  };
  const toRun = (run, step) => address("run", run.id, step);
  const toJourney = (key) => address("journey", keyOf(journeys[key]));
  const keyOf = (journey) => journey.file || journey.id;
  const nameOf = (run) => [journeys[run.journey].name, label(run)].filter(Boolean).join(" › ");

  // --- the list --------------------------------------------------------------------------------

  const FILTERS = {
    bad: { word: "all failures", holds: isBad },
    ...Object.fromEntries(ORDER.map((status) => [status, { word: STATUSES[status].word, status, holds: (run) => run.status === status }])),
    flaky: { word: "flaky", holds: (run) => run.earlier && !isBad(run) },
    soft: { word: "soft failures", holds: (run) => run.soft },
  };
  const sameAs = (run) => run.fingerprint || run.message || "";
  const hayOf = (run) => {
    if (run.hay === undefined) {
      const journey = journeys[run.journey];
      const values = list(run.values).map((pair) => pair.join(" "));
      run.hay = [journey.name, journey.id, journey.file, journey.artifact, list(journey.steps).join(" "), list(journey.tags).join(" "),
        run.case, run.row, run.number, run.step, run.message, run.id, run.test, run.category, run.status, STATUSES[run.status].word, run.environment, values.join(" ")]
        .join("\n").toLowerCase();
    }
    return run.hay;
  };
  const select = () => {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const filter = FILTERS[state.status];
    return runs.filter((run) => (!filter || filter.holds(run)) && (!state.same || sameAs(run) === state.same)
      && (!words.length || words.every((word) => hayOf(run).includes(word))));
  };
  const isFiltered = () => Boolean(state.q || state.status || state.same);

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
  const watcher = new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) drawMore(); });

  const counts = (members) => {
    const found = {};
    for (const run of members) found[run.status] = (found[run.status] || 0) + 1;
    return found;
  };
  const bar = (members, className = "bar") => {
    const found = counts(members);
    const words = ORDER.filter((status) => found[status]).map((status) => `${number(found[status])} ${STATUSES[status].word}`).join(", ");
    return el("span", { class: className, title: words, role: "img", "aria-label": words },
      [...ORDER].reverse().filter((status) => found[status]).map((status) => el(`i.is-${status}`, { css: { "flex-grow": found[status] } })));
  };
  const drawGroup = ({ journey, key, members, isOpen }) => {
    const bad = members.filter(isBad).length;
    return el("div", { class: `group${isOpen ? " is-open" : ""}` },
      button({ class: "fold", "aria-expanded": String(isOpen), title: isOpen ? "Fold" : "Unfold", "aria-label": `${isOpen ? "fold" : "unfold"} ${journey.name}`,
        onclick: () => { toggled.set(key, !isOpen); drawList(); } }, icon("chevron")),
      el("a", { href: toJourney(key), class: "group-name", "aria-current": state.view === "journey" && state.id === keyOf(journey) && "true" }, journey.name),
      el("span.group-count", bad ? el("b", number(bad)) : null, bad ? ` / ${number(members.length)}` : number(members.length)),
      bar(members));
  };
  const drawRun = ({ run, solo }) => {
    const journey = journeys[run.journey];
    const name = label(run);
    return el("a", { class: `run${solo ? " is-solo" : ""}`, href: toRun(run), "data-id": run.id, "aria-current": state.view === "run" && state.id === run.id && "true" },
      mark(run.status),
      el("span.run-name", solo ? journey.name : name || "run", solo && name && el("small", name), run.number && !solo && el("small", `row ${run.number}`),
        run.earlier && el("small.flaky", count(run.earlier + 1, "try", "tries"))),
      el("span.offscreen", `, ${STATUSES[run.status].word}, `),
      el("span.run-time", run.elapsed_s === undefined ? "" : time(run.elapsed_s)),
      run.message && el("span.run-message", sentence(run.message)));
  };
  const drawRest = ({ key, rest }) => button({ class: "rest", onclick: () => { toggled.set(key, true); drawList(); } }, `${number(rest)} more that did not fail`);
  const drawMore = (until = drawn + CHUNK) => {
    const next = entries.slice(drawn, until);
    if (!next.length) return;
    drawn += next.length;
    more.before(...next.map((entry) => { entry.node = entry.run ? drawRun(entry) : entry.rest ? drawRest(entry) : drawGroup(entry); return entry.node; }));
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
    if (!entries.length) more.before(el("p.empty", runs.length ? "Nothing matches." : "No journey ran.",
      isFiltered() && button({ onclick: () => setFilter({ q: "", status: "", same: "" }) }, "Show all")));
    if (isFiltered()) announce(count(selected.length, "run"));
    revealCurrent();
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
    const entry = entries.find((each) => each.node && (state.view === "run" ? each.run && each.run.id === state.id
      : state.view === "journey" && each.journey && keyOf(each.journey) === state.id));
    if (entry) (entry.run ? entry.node : entry.node.querySelector("a")).setAttribute("aria-current", "true");
  };

  // --- toolbar ---------------------------------------------------------------------------------

  const search = el("input", { type: "search", placeholder: "Search journeys, rows, steps, messages, run ids", "aria-label": "Search", spellcheck: "false", autocomplete: "off",
    oninput: () => setFilter({ q: search.value }) });
  const filters = el("div.filters", { role: "group", "aria-label": "Filter by status" });
  const drawToolbar = () => {
    if (search.value !== state.q) search.value = state.q;
    const totals = Object.entries(FILTERS).map(([key, filter]) => [key, filter, runs.filter(filter.holds).length]);
    const kinds = totals.filter(([key, , total]) => key !== "bad" && total);
    const bad = kinds.filter(([, filter]) => filter.status && STATUSES[filter.status].bad).length;
    const shown = totals.filter(([key, , total]) => total && (key !== "bad" || bad > 1));
    const one = (key, words, total, status) => button({ class: "filter", "aria-pressed": String(state.status === key), "data-filter": key || "all",
      onclick: () => setFilter({ status: state.status === key ? "" : key }) }, status && mark(status), words, el("b", number(total)));
    filters.replaceChildren(one("", "All", runs.length), ...shown.map(([key, filter, total]) => one(key, filter.word, total, filter.status)));
    if (state.same) {
      filters.append(button({ class: "filter is-same", "aria-pressed": "true", onclick: () => setFilter({ same: "" }), title: "Stop showing one failure only" }, "one failure ", el("b", "×")));
    }
  };

  // --- overview --------------------------------------------------------------------------------

  const verdict = () => {
    const bad = runs.filter(isBad).length;
    if (bad) return { status: runs.some((run) => run.status === "failed") ? "failed" : "error", words: `${number(bad)} of ${count(runs.length, "run")} failed` };
    if (session.exit === 2) return { status: "interrupted", words: "Interrupted" };
    const passed = runs.filter((run) => run.status === "passed").length;
    if (!runs.length) return { status: "skipped", words: "No journey ran" };
    return passed === runs.length ? { status: "passed", words: runs.length === 1 ? "The run passed" : `All ${number(passed)} runs passed` }
      : { status: passed ? "passed" : "skipped", words: `${number(passed)} of ${count(runs.length, "run")} passed, none failed` };
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
  const alikeButton = (run, total) => total > 1 && button({ class: "alike", title: "Show these runs", onclick: () => setFilter({ same: sameAs(run), status: "", q: "" }) }, `${number(total)} runs alike`);
  const failureCard = (members) => {
    const run = members[0];
    const journey = journeys[run.journey];
    return el("li.failure",
      mark(run.status),
      el("div.failure-text",
        el("a", { href: toRun(run, run.step), class: "failure-message" }, sentence(run.message || STATUSES[run.status].word)),
        el("div.dim", nameOf(run), run.category && chip(run.category), journey.file !== journey.name && el("span.path", journey.file))),
      alikeButton(run, members.length));
  };
  const overview = () => {
    const { status, words } = verdict();
    const found = counts(runs);
    const groups = failureGroups();
    const environments = [...new Set(runs.map((run) => run.environment).filter(Boolean))];
    const others = Object.entries(session.others || {});
    const othersTotal = others.reduce((sum, [, value]) => sum + value, 0);
    const slow = [...runs].filter((run) => run.elapsed_s).sort((a, b) => b.elapsed_s - a.elapsed_s).slice(0, 6);
    return [
      el("section.hero",
        el("h1", mark(status), words),
        el("p.dim", [when(session.started_at), `took ${time(session.elapsed_s)}`, count(journeys.length, "journey"),
          environments.length && `environment ${environments.join(", ")}`].filter(Boolean).join(" · ")),
        runs.length > 0 && bar(runs, "bar is-wide"),
        el("div.legend", ORDER.filter((key) => found[key]).map((key) => button({ class: "legend-item", onclick: () => setFilter({ status: key }) },
          mark(key), el("b", number(found[key])), STATUSES[key].word)))),
      session.exit === 2 && el("p.note.is-warning", "The session was interrupted: this is what was done until then."),
      list(session.notes).map((text) => el("p.note", text)),
      groups.length > 0 && el("section", el("h2", "What failed", groups.length > 1 && el("small", ` ${number(groups.length)} kinds`)),
        el("ul.failures", groups.slice(0, 50).map(failureCard)), groups.length > 50 && el("p.dim", `and ${number(groups.length - 50)} more kinds, in the list`)),
      journeys.length > 0 && el("section", el("h2", "Journeys"), journeyTable()),
      slow.length > 1 && el("section", el("h2", "Slowest runs"), table(null, slow.map((run) => [el("td.tight", mark(run.status)), el("a.whole", { href: toRun(run) }, nameOf(run)),
        el("td.gauge", el("i", { css: { width: `${(100 * run.elapsed_s) / slow[0].elapsed_s}%` } })), num(time(run.elapsed_s))]), "is-links")),
      othersTotal > 0 && el("p.dim.foot", `${count(othersTotal, "test")} of this session (${others.map(([word, value]) => `${number(value)} ${word}`).join(", ")}) ${othersTotal === 1 ? "is no journey" : "are no journeys"} and not counted here.`),
      el("p.dim.foot", `Made by pytest-reqflo ${session.version}. Press `, el("kbd", "?"), " for the keys."),
    ];
  };
  const journeyTable = () => {
    const ordered = journeys.map((journey, key) => ({ journey, key })).sort((a, b) => b.journey.runs.some(isBad) - a.journey.runs.some(isBad));
    const cells = ({ journey, key }) => {
      const members = journey.runs;
      const total = members.reduce((sum, run) => sum + (run.elapsed_s || 0), 0);
      return [[el("a.whole", { href: members.length === 1 ? toRun(members[0]) : toJourney(key) }, journey.name), journey.file !== journey.name && el("div.path", journey.file)],
        el("td.wide-only", versionOf(journey)), el("td.gauge", bar(members)), num(`${number(members.filter((run) => run.status === "passed").length)} / ${number(members.length)}`),
        num(total ? time(total / members.length) : "")];
    };
    const heads = ["journey", el("th.wide-only", "version"), el("th.gauge", "outcomes"), el("th.num", "passed"), el("th.num", "mean time")];
    const shown = table(heads, ordered.slice(0, CHUNK).map(cells), "is-links");
    return [shown, ordered.length > CHUNK && button({ class: "more-rows", onclick: (event) => { shown.querySelector("tbody").append(...ordered.slice(CHUNK).map((each) => row(cells(each)))); event.currentTarget.remove(); } }, `Show all ${number(ordered.length)}`)];
  };

  // --- a journey -------------------------------------------------------------------------------

  const fact = (name, value, isCopied) => value && el("div", el("dt", name), el("dd", isCopied ? el("span.mono", value) : value, isCopied && copyButton(value, "", `Copy ${name}`)));
  const journeyFacts = (journey) => [fact("file", journey.file, true), fact("version", versionOf(journey)),
    fact("artifact", journey.artifact, true), fact("owner", journey.owner), fact("tags", journey.tags && journey.tags.map((tag) => chip(tag)))];
  const journeyView = () => {
    const journey = journeys.find((each) => keyOf(each) === state.id);
    if (!journey) return missing("There is no such journey in this report.");
    const members = journey.runs;
    const names = [...new Set(members.flatMap((run) => list(run.values).map(([name]) => name)))].slice(0, 12);
    const valueOf = (run, name) => list(run.values).find(([each]) => each === name)?.[1];
    const columns = [
      ["status", (run) => ORDER.indexOf(run.status), (run) => el(`b.badge.is-${run.status}`, mark(run.status), STATUSES[run.status].word)],
      members.some((run) => run.number) && ["row", (run) => run.number || 0, (run) => num(run.number && String(run.number))],
      ["run", label, (run) => [el("a.whole", { href: toRun(run) }, label(run) || "run"), run.case && run.row && el("small", ` ${run.case}`)]],
      ...names.map((name) => [name, (run) => valueOf(run, name) || "", (run) => el("td.cell", valueOf(run, name) !== undefined && inline(valueOf(run, name)))]),
      ["time", (run) => run.elapsed_s || 0, (run) => num(time(run.elapsed_s))],
      members.some((run) => run.message) && ["message", (run) => run.message || "", (run) => el("td.message", run.message)],
    ].filter(Boolean);
    const head = el("tr");
    const body = el("tbody");
    const draw = (run) => row(columns.map(([, , cell]) => cell(run)));
    let rest = [];
    const next = button({ class: "more-rows", onclick: () => { body.append(...rest.splice(0, 1000).map(draw)); next.hidden = !rest.length; } }, "Show more");
    const sortBy = (at, isDown) => {
      const value = columns[at][1];
      const sorted = [...members].sort((a, b) => { const [x, y] = [value(a), value(b)]; return (x < y ? -1 : x > y ? 1 : 0) * (isDown ? -1 : 1); });
      rest = sorted.slice(CHUNK);
      body.replaceChildren(...sorted.slice(0, CHUNK).map(draw));
      next.hidden = !rest.length;
      head.replaceChildren(...columns.map(([name], each) => el(`th.${name === "time" || name === "row" ? "num" : ""}`, { "aria-sort": each === at ? (isDown ? "descending" : "ascending") : null },
        button({ onclick: () => sortBy(each, each === at ? !isDown : name === "time") }, name, each === at && el("span", { "aria-hidden": "true" }, isDown ? " ↓" : " ↑")))));
    };
    sortBy(0, false);
    return [el("section.hero", crumbs(), el("h1", journey.name), bar(members, "bar is-wide"), el("dl.facts", journeyFacts(journey))),
      el("section", el("h2", count(members.length, "run")), el("div.scroll", el("table.table.is-rows.is-links", el("thead", head), body)), next)];
  };
  const crumbs = (...parts) => el("nav.crumbs", { "aria-label": "Where you are" }, el("a", { href: address("overview") }, icon("back"), "Overview"), parts.filter(Boolean).map((part) => ["/", part]));
  const missing = (text) => [el("section.hero", crumbs(), el("h1", "Not found"), el("p.dim", text))];

  // --- a run -----------------------------------------------------------------------------------

  /** Of the run that is shown. */
  let journey;
  const facts = (run, detail) => el("dl.facts", fact("run", run.id, true), fact("case", run.case), fact("row", run.number && [run.number, run.row].filter(Boolean).join(", ")),
    fact("environment", run.environment), fact("started", when(run.started_at)), journeyFacts(journey), fact("evidence", detail.evidence, true), fact("seed", detail.seed, true));

  const problemView = (problem, word = "error") => el(`div.problem.is-${word}`, mark(word === "warning" ? "xfailed" : "error"),
    el("div", el("p", sentence(problem.message), " ", chip(problem.code), problem.line && where(problem.line)),
      list(problem.notes).map((note) => el("p.dim", sentence(note))), problem.hint && el("p", el("b", "hint "), sentence(problem.hint))));
  const problemViews = (of) => [list(of.problems).map((each) => problemView(each)), list(of.warnings).map((each) => problemView(each, "warning"))];
  const where = (line) => copying("where", `${journey.file}:${line}`, "Copy this place", `${journey.file.split("/").pop()}:${line}`);

  const banner = (run, detail) => {
    const alike = runs.filter((each) => isBad(each) && sameAs(each) === sameAs(run)).length;
    return el(`div.banner.is-${run.status}`,
      el("p.banner-message", sentence(run.message)),
      detail.excerpt && el("pre.excerpt", excerpt(detail.excerpt)),
      el("div.banner-foot", run.category && chip(run.category), run.fingerprint && el("span.dim", { title: "Equal fingerprints are the same failure" }, "fingerprint ", code(run.fingerprint)),
        alikeButton(run, alike)));
  };
  const excerpt = (text) => text.split("\n").map((line) => [/^ *\| *[\^-]/.test(line) ? el("span.caret", line) : line, "\n"]);

  const hiddenValue = (value) => [valueView(value.value), value.sensitive && chip("sensitive")];

  const isSaid = (check) => [check.expected, check.actual].every((text) => text && text.length < 80 && !/^[{[]/.test(text) && check.message.includes(text.replace(/^"|"$/g, "")));
  const checkView = (check) => {
    const status = check.passed ? "passed" : check.soft ? "xfailed" : "failed";
    const words = check.passed ? [code(check.subject), ` ${check.operator.replaceAll("_", " ")} `, check.expected && inline(check.expected)]
      : [check.author && [el("b", check.author), " "], sentence(check.message || `${check.subject} ${check.operator}`)];
    return el(`li.check.is-${status}`, mark(status), el("div.check-text",
      el("p", words, check.soft && chip("soft"), check.origin && chip(check.origin), check.line && where(check.line)),
      !check.passed && !list(check.differences).length && !isSaid(check) && el("dl.sides",
        check.expected && [el("dt", "expected"), el("dd", valueView(check.expected))],
        el("dt", "actual"), el("dd", check.actual ? valueView(check.actual) : el("i.dim", "nothing there"))),
      list(check.differences).length > 0 && differences(check)));
  };
  const differences = (check) => [
    table(["path", "change", "expected", "actual"], check.differences.map(([path, change, ...sides]) => [code(path), chip(change), ...sides.map((side) => side && inline(side))]), "is-diff"),
    check.all_differences && el("p.dim", `the first ${check.differences.length} of ${number(check.all_differences)} differences`)];

  const bodyView = (body) => {
    if (!body) return null;
    const text = body.text || "";
    const notes = [body.is_binary && `${size(body.size)} that are not text`, body.is_cut && !body.is_binary && `shortened: the whole has ${size(body.size)}`,
      body.repeated && `twice in one object, of which the last was taken: ${body.repeated.join(", ")}`].filter(Boolean);
    const isFolding = canFold(text, body.is_cut);
    const raw = () => el("pre.raw", /^\s*</.test(text) ? markup(text) : text);
    const shown = el("div.code", text && (isFolding ? pretty(text) : raw()));
    let isRaw = false;
    const swap = (event) => { isRaw = !isRaw; shown.replaceChildren(isRaw ? raw() : pretty(text)); event.currentTarget.textContent = isRaw ? "formatted" : "as sent"; };
    const foldAll = (isOpen) => () => { for (const node of shown.querySelectorAll("details")) node.open = isOpen || node === shown.querySelector("details"); };
    return el("div.body",
      text && el("div.body-tools", el("span.dim", size(body.size)), isFolding && [button({ onclick: foldAll(false) }, "fold"), button({ onclick: foldAll(true) }, "unfold"), button({ onclick: swap }, "as sent")], copyButton(text, "", "Copy body")),
      text && shown, notes.map((note) => el("p.dim.body-note", note)));
  };
  const headersView = (message) => message && message.headers && el("details.headers", el("summary", count(message.all_headers || message.headers.length, "header")),
    el("dl", message.headers.map(([name, value]) => [el("dt", name), el("dd", value)])), message.all_headers && el("p.dim", `${message.headers.length} of them are shown`));
  const http = (status) => status && el(`span.http.is-${status < 300 ? "ok" : status < 400 ? "moved" : status < 500 ? "client" : "server"}`, String(status));

  const exchangeView = (exchange) => {
    const [origin, path] = splitUrl(exchange.url);
    return el("div.exchange",
      el("div.side-request.card",
        el("div.card-head", el("span.method", exchange.method), el("span.url", el("span.dim", origin), path),
          exchange.curl && copyButton(exchange.curl, "curl", "Copy as curl command")),
        headersView(exchange.request), bodyView(exchange.request && exchange.request.body), exchange.proxy && el("p.dim", `by proxy ${exchange.proxy}`)),
      el("div.side-response.card",
        el("div.card-head", http(exchange.status) || el("span.http.is-server", "no answer"), el("span.url", exchange.reason), el("span.dim", exchange.version), exchange.total_s && el("span.dim", time(exchange.total_s))),
        exchange.error && el("p.error-text", exchange.error),
        headersView(exchange.response), bodyView(exchange.response && exchange.response.body)));
  };
  /** The phases of an exchange that took time, as [index, seconds]. */
  const phasesOf = (exchange) => list(exchange.phases).map((value, at) => [at, value]).filter(([, value]) => value > 0);
  const phase = (at, ...more) => el("span.phase", el(`i.ph-${PHASES[at]}`), PHASE_WORDS[at], more);

  const tryView = (one) => {
    const exchanges = one.exchanges || [];
    return el("div.try",
      problemViews(one),
      one.is_thinned_out && el("p.dim", "Only the outcome of this try was kept, because the step had very many."),
      list(one.checks).length > 0 && el("ul.checks", [...one.checks].sort((a, b) => Boolean(a.passed) - Boolean(b.passed)).map((check) => checkView(check))),
      exchanges.map((exchange, at) => [exchanges.length > 1 && el("h4", at + 1 < exchanges.length ? `hop ${at + 1}, redirected` : `hop ${at + 1}`), exchangeView(exchange),
        exchange.phases && el("div.phases", phasesOf(exchange).map(([at, value]) => phase(at, " ", el("b", time(value)))))]),
      one.used && [el("h4", "Values in play"), table(["expression", "value", "from"], one.used.map(([expression, value, origin]) => [code(expression), valueView(value), origin]))],
      one.captured && [el("h4", "Captured"), table(["name", "value", "taken from"], one.captured.map((value) => [el("span", code(value.name), value.implicit && chip("used later")), hiddenValue(value), code(value.path)]))]);
  };
  const stepBody = (step) => {
    const tries = step.tries || [];
    const shown = el("div");
    const tabs = el("div.tabs", { role: "group", "aria-label": "Tries" });
    const show = (at) => {
      shown.replaceChildren(tryView(tries[at]));
      [...tabs.children].forEach((tab, each) => tab.setAttribute("aria-pressed", String(each === at)));
    };
    if (tries.length > 1) {
      tabs.append(...tries.map((one, at) => button({ onclick: () => show(at), title: `${one.outcome}, ${time(one.elapsed_s)}` }, mark(one.outcome === "failed" && at + 1 < tries.length ? "xfailed" : one.outcome), `try ${one.number}`)));
    }
    if (tries.length) show(tries.length - 1);
    return [problemViews(step), step.reason && el("p.dim", sentence(step.reason)), tries.length > 1 && tabs, shown];
  };

  const spanOf = (steps) => Math.max(1e-6, ...steps.flatMap((step) => list(step.tries).map((one) => (one.at_s || 0) + (one.elapsed_s || 0))));
  const tryBar = (one, total) => {
    const percent = (value = 0) => `${(100 * value) / total}%`;
    const parts = list(one.exchanges).flatMap(phasesOf);
    const rest = (one.elapsed_s || 0) - parts.reduce((sum, [, value]) => sum + value, 0);
    return el(`span.try-bar.is-${one.outcome}`, { title: parts.map(([at, value]) => `${PHASE_WORDS[at]} ${time(value)}`).join(", "), css: { left: percent(one.at_s), width: percent(one.elapsed_s) } },
      parts.map(([at, value]) => el(`i.ph-${PHASES[at]}`, { css: { "flex-grow": value } })), rest > 0 && el("i.ph-rest", { css: { "flex-grow": rest } }));
  };
  const stepView = (step, total, run) => {
    const tries = step.tries || [];
    const exchange = tries.length ? list(tries.at(-1).exchanges).at(-1) : null;
    const inner = el("div.step-body");
    const node = el(`section.step.is-${step.outcome}`, { "data-step": step.id });
    const head = button({ class: "step-head", "aria-expanded": "false" },
      icon("chevron"), mark(step.outcome),
      el("span.step-name", el("b", step.id), step.name && el("span.dim", step.name), step.phase && chip(step.phase),
        el("span.step-request", exchange && [el("span.method", exchange.method), splitUrl(exchange.url)[1]], !exchange && (step.reason || step.outcome))),
      el("span.step-status", exchange && http(exchange.status), tries.length > 1 && el("small", `${tries.length} tries`)),
      el("span.track", tries.map((one) => tryBar(one, total))),
      el("span.step-time", tries.length ? time(step.elapsed_s) : ""), el("span.offscreen", STATUSES[step.outcome].word));
    node.setOpen = (isOpen) => {
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
    const used = new Set(steps.flatMap((step) => list(step.tries)).flatMap((one) => list(one.exchanges)).flatMap(phasesOf).map(([at]) => at));
    const views = steps.map((step) => stepView(step, total, run));
    const openAll = () => { const isOpen = views.some((view) => !view.classList.contains("is-open")); for (const view of views) view.setOpen(isOpen); };
    return el("section.timeline",
      el("div.section-head", el("h2", count(steps.length, "step")), el("div.phases", [...used].sort().map((at) => phase(at))),
        button({ class: "open-all", onclick: openAll, title: "Open or close all steps (e)" }, "Open all")),
      el("div.steps", views));
  };
  const valuesView = (values) => table(["name", "value", "from"], values.map((value) => [el("span", code(value.name), " ", el("small.dim", value.kind)), hiddenValue(value),
    el("span", chip(LAYERS[value.layer] || value.layer), value.detail && el("span.dim", value.detail))]));
  const neighbours = (run) => {
    const shown = entries.filter((entry) => entry.run).map((entry) => entry.run);
    const at = shown.indexOf(run);
    const link = (other, words, key) => (other ? el("a.step-to", { href: toRun(other), title: `${words} (${key})` }, words) : el("span.step-to.is-off", words));
    return el("span.neighbours", link(at > 0 && shown[at - 1], "Previous", "k"), link(at >= 0 && shown[at + 1], "Next", "j"));
  };
  const runView = (run, detail) => {
    journey = journeys[run.journey];
    const name = label(run);
    const many = journey.runs.length > 1;
    return [
      el("section.hero",
        el("div.hero-top", crumbs(many && el("a", { href: toJourney(run.journey) }, journey.name)), neighbours(run)),
        el("h1", mark(run.status), many ? name || journey.name : journey.name, !many && name && el("small", name),
          copying("copy", () => location.href, "Copy a link to this run", icon("link"))),
        el("p.dim", el(`b.word.is-${run.status}`, STATUSES[run.status].word), run.elapsed_s !== undefined && ` in ${time(run.elapsed_s)}`, run.earlier && ` after ${count(run.earlier, "failed try", "failed tries")}`),
        run.message && (isBad(run) ? banner(run, detail) : el("p.note", sentence(run.message))),
        detail.is_file_changed && el("p.note.is-warning", "The journey file has changed since this artifact was compiled."),
        list(detail.notices).map((notice) => el("p.note.is-warning", notice)),
        problemViews(detail)),
      detail.text && el("section", el("h2", "What pytest says"), el("div.card", el("pre.raw", detail.text))),
      timeline(detail, run),
      !run.detail && !detail.text && el("p.note", "No steps of this run are in this file."),
      detail.values && el("section", el("h2", "Values"), valuesView(detail.values)),
      list(detail.earlier).length > 0 && el("section", el("h2", "Earlier tries"), el("ol.earlier", detail.earlier.map((message) => el("li", sentence(message))))),
      list(detail.sections).map(([title, text]) => el("details.output", el("summary", title), el("pre.raw", text))),
      el("section", el("h2", "About this run"), facts(run, detail)),
    ];
  };

  // --- drawing the main part -------------------------------------------------------------------

  const main = el("main", { tabindex: "-1" });
  let shownRun = "";
  const openSteps = () => {
    const all = [...main.querySelectorAll(".step")];
    const named = all.find((node) => node.dataset.step === state.step);
    const bad = all.filter((node) => ["failed", "error", "interrupted"].some((status) => node.classList.contains(`is-${status}`)));
    for (const node of bad.slice(0, 3)) node.setOpen(true);
    if (named) named.setOpen(true);
    return named;
  };
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
    const before = [state.q, state.status, state.same].join("\n");
    readAddress();
    drawAll(before !== [state.q, state.status, state.same].join("\n"));
  };

  // --- keys ------------------------------------------------------------------------------------

  const KEYS = [["j k", "next, previous run"], ["n", "next run that failed"], ["Enter", "open the step that failed"], ["e", "open or close all steps"], ["c", "copy the curl command of the open step"],
    ["/", "search"], ["Esc", "leave the search, go back to the overview"], ["t", "light or dark"], ["?", "these keys"]];
  const help = el("dialog.help", { "aria-label": "Keys" }, el("h2", "Keys"), el("dl", KEYS.map(([keys, words]) => [el("dt", keys.split(" ").map((key) => el("kbd", key))), el("dd", words)])),
    el("form", { method: "dialog" }, el("button", "Close")));
  const move = (by, holds = () => true) => {
    const shown = entries.filter((entry) => entry.run).map((entry) => entry.run);
    let at = state.view === "run" ? shown.findIndex((run) => run.id === state.id) : by > 0 ? -1 : shown.length;
    do at += by; while (shown[at] && !holds(shown[at]));
    if (shown[at]) go(toRun(shown[at]));
  };
  const focusFailed = () => {
    const node = main.querySelector(".step.is-failed, .step.is-error, .step.is-interrupted") || main.querySelector(".step");
    if (!node) return main.focus();
    node.setOpen(true);
    node.querySelector("button").focus();
    return node.scrollIntoView({ block: "start" });
  };
  const escape = () => {
    if (document.activeElement === search) {
      if (state.q) setFilter({ q: "" });
      search.blur();
    } else if (state.view !== "overview") go(address("overview"));
    else if (isFiltered()) setFilter({ q: "", status: "", same: "" });
  };
  const ACTIONS = {
    j: () => move(1), k: () => move(-1), n: () => move(1, isBad), Enter: focusFailed, "/": () => search.focus(), t: () => switchTheme(),
    e: () => main.querySelector(".open-all")?.click(), c: () => main.querySelector(".step.is-open .side-request .copy")?.click(), "?": () => help.showModal(), Escape: escape,
  };
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const target = event.target;
    if (target === search && event.key !== "Escape" && event.key !== "Enter") return;
    if (event.key === "Enter" && target === search) { search.blur(); move(1); event.preventDefault(); return; }
    if (event.key === "Enter" && target.closest("a, button, summary")) return;
    const action = ACTIONS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  // --- light and dark --------------------------------------------------------------------------

  const THEME = "reqflo-theme";
  const stored = (value) => {
    try {
      if (value) localStorage.setItem(THEME, value);
      return localStorage.getItem(THEME);
    } catch { return null; }
  };
  const setTheme = (theme) => { if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme; };
  const switchTheme = () => {
    const isDark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    setTheme(isDark ? "light" : "dark");
    stored(isDark ? "light" : "dark");
  };

  // --- start -----------------------------------------------------------------------------------

  const start = async () => {
    setTheme(stored());
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
      el("header.top",
        el("a.brand", { href: "#/" }, svg("logo", ["logo-path", "M2.5 4.5h6a3 3 0 0 1 0 6h-1a2.5 2.5 0 0 0 0 5h6"], ["logo-dot", "M2.5 3a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z"]), el("span", session.project)),
        el(`span.verdict.is-${status}`, mark(status), bad ? `${number(bad)} failed` : STATUSES[status].word),
        el("span.spacer"),
        button({ class: "tool", title: "Light or dark (t)", "aria-label": "Light or dark", onclick: switchTheme }, icon("moon")),
        button({ class: "tool", title: "Keys (?)", "aria-label": "Keys", onclick: () => help.showModal() }, "?")),
      el("div.shell",
        el("aside.side", { "aria-label": "Runs" }, el("div.toolbar", el("label.search", icon("search"), search, el("kbd", "/")), filters), runList),
        main),
      help, live,
    ]);
    drawAll(true);
    addEventListener("hashchange", onAddress);
    addEventListener("keydown", onKey);
    addEventListener("beforeprint", () => { for (const node of main.querySelectorAll(".step")) node.setOpen(true); for (const node of main.querySelectorAll("details")) node.open = true; });
    document.documentElement.dataset.ready = "true";
  };
  start();
})();
