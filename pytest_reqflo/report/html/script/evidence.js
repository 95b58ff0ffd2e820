/* Of a run: what failed, the checks, what was sent and received. */

/** Of the run that is shown. */
let journey;
const facts = (run, detail) =>
  el(
    "dl.facts",
    fact("run", run.id, true),
    fact("case", run.case),
    fact("row", run.number && [run.number, run.row].filter(Boolean).join(", ")),
    fact("environment", run.environment),
    fact("started", when(run.started_at)),
    journeyFacts(journey),
    fact("evidence", detail.evidence, true),
    fact("seed", detail.seed, true),
  );

const problemView = (problem, word = "error") =>
  el(
    `div.problem.is-${word}`,
    mark(word === "warning" ? "xfailed" : "error"),
    el(
      "div",
      el("p", sentence(problem.message), " ", chip(problem.code), problem.line && where(problem.line)),
      list(problem.notes).map((note) => el("p.dim", sentence(note))),
      problem.hint && el("p", el("b", "hint "), sentence(problem.hint)),
    ),
  );
const problemViews = (of) => [
  list(of.problems).map((each) => problemView(each)),
  list(of.warnings).map((each) => problemView(each, "warning")),
];
const where = (line) =>
  copying("where", `${journey.file}:${line}`, "Copy this place", `${journey.file.split("/").pop()}:${line}`);

const banner = (run, detail) => {
  const alike = runs.filter((each) => isBad(each) && sameAs(each) === sameAs(run)).length;
  return el(
    `div.banner.is-${run.status}`,
    el("p.banner-message", sentence(run.message)),
    detail.excerpt && el("pre.excerpt", excerpt(detail.excerpt)),
    el(
      "div.banner-foot",
      run.category && chip(run.category),
      run.fingerprint &&
        el("span.dim", { title: "Equal fingerprints are the same failure" }, "fingerprint ", code(run.fingerprint)),
      alikeButton(run, alike),
    ),
  );
};
const excerpt = (text) =>
  text.split("\n").map((line) => [/^ *\| *[\^-]/.test(line) ? el("span.caret", line) : line, "\n"]);

const hiddenValue = (value) => [valueView(value.value), value.sensitive && chip("sensitive")];

const isSaid = (check) =>
  [check.expected, check.actual].every(
    (text) => text && text.length < 80 && !/^[{[]/.test(text) && check.message.includes(text.replace(/^"|"$/g, "")),
  );
const checkView = (check) => {
  const status = check.passed ? "passed" : check.soft ? "xfailed" : "failed";
  const words = check.passed
    ? [code(check.subject), ` ${check.operator.replaceAll("_", " ")} `, check.expected && inline(check.expected)]
    : [check.author && [el("b", check.author), " "], sentence(check.message || `${check.subject} ${check.operator}`)];
  return el(
    `li.check.is-${status}`,
    mark(status),
    el(
      "div.check-text",
      el("p", words, check.soft && chip("soft"), check.origin && chip(check.origin), check.line && where(check.line)),
      !check.passed &&
        !list(check.differences).length &&
        !isSaid(check) &&
        el(
          "dl.sides",
          check.expected && [el("dt", "expected"), el("dd", valueView(check.expected))],
          el("dt", "actual"),
          el("dd", check.actual ? valueView(check.actual) : el("i.dim", "nothing there")),
        ),
      list(check.differences).length > 0 && differences(check),
    ),
  );
};
const differences = (check) => [
  table(
    ["path", "change", "expected", "actual"],
    check.differences.map(([path, change, ...sides]) => [
      code(path),
      chip(change),
      ...sides.map((side) => side && inline(side)),
    ]),
    "is-diff",
  ),
  check.all_differences &&
    el("p.dim", `the first ${check.differences.length} of ${number(check.all_differences)} differences`),
];

const bodyView = (body) => {
  if (!body) return null;
  const text = body.text || "";
  const notes = [
    body.is_binary && `${size(body.size)} that are not text`,
    body.is_cut && !body.is_binary && `shortened: the whole has ${size(body.size)}`,
    body.repeated && `twice in one object, of which the last was taken: ${body.repeated.join(", ")}`,
  ].filter(Boolean);
  const isFolding = canFold(text, body.is_cut);
  const raw = () => el("pre.raw", /^\s*</.test(text) ? markup(text) : text);
  const shown = el("div.code", text && (isFolding ? pretty(text) : raw()));
  let isRaw = false;
  const swap = (event) => {
    isRaw = !isRaw;
    shown.replaceChildren(isRaw ? raw() : pretty(text));
    event.currentTarget.textContent = isRaw ? "formatted" : "as sent";
  };
  const foldAll = (isOpen) => () => {
    for (const node of shown.querySelectorAll("details")) node.open = isOpen || node === shown.querySelector("details");
  };
  return el(
    "div.body",
    text &&
      el(
        "div.body-tools",
        el("span.dim", size(body.size)),
        isFolding && [
          button({ onclick: foldAll(false) }, "fold"),
          button({ onclick: foldAll(true) }, "unfold"),
          button({ onclick: swap }, "as sent"),
        ],
        copyButton(text, "", "Copy body"),
      ),
    text && shown,
    notes.map((note) => el("p.dim.body-note", note)),
  );
};
const headersView = (message) =>
  message &&
  message.headers &&
  el(
    "details.headers",
    el("summary", count(message.all_headers || message.headers.length, "header")),
    el(
      "dl",
      message.headers.map(([name, value]) => [el("dt", name), el("dd", value)]),
    ),
    message.all_headers && el("p.dim", `${message.headers.length} of them are shown`),
  );
const http = (status) =>
  status &&
  el(
    `span.http.is-${status < 300 ? "ok" : status < 400 ? "moved" : status < 500 ? "client" : "server"}`,
    String(status),
  );

const exchangeView = (exchange) => {
  const [origin, path] = splitUrl(exchange.url);
  return el(
    "div.exchange",
    el(
      "div.side-request.card",
      el(
        "div.card-head",
        el("span.method", exchange.method),
        el("span.url", el("span.dim", origin), path),
        exchange.curl && copyButton(exchange.curl, "curl", "Copy as curl command"),
      ),
      headersView(exchange.request),
      bodyView(exchange.request && exchange.request.body),
      exchange.proxy && el("p.dim", `by proxy ${exchange.proxy}`),
    ),
    el(
      "div.side-response.card",
      el(
        "div.card-head",
        http(exchange.status) || el("span.http.is-server", "no answer"),
        el("span.url", exchange.reason),
        el("span.dim", exchange.version),
        exchange.total_s && el("span.dim", time(exchange.total_s)),
      ),
      exchange.error && el("p.error-text", exchange.error),
      headersView(exchange.response),
      bodyView(exchange.response && exchange.response.body),
    ),
  );
};
/** The phases of an exchange that took time, as [index, seconds]. */
const phasesOf = (exchange) =>
  list(exchange.phases)
    .map((value, at) => [at, value])
    .filter(([, value]) => value > 0);
const phase = (at, ...more) => el("span.phase", el(`i.ph-${PHASES[at]}`), PHASE_WORDS[at], more);

const tryView = (one) => {
  const exchanges = one.exchanges || [];
  return el(
    "div.try",
    problemViews(one),
    one.is_thinned_out && el("p.dim", "Only the outcome of this try was kept, because the step had very many."),
    list(one.checks).length > 0 &&
      el(
        "ul.checks",
        [...one.checks].sort((a, b) => Boolean(a.passed) - Boolean(b.passed)).map((check) => checkView(check)),
      ),
    exchanges.map((exchange, at) => [
      exchanges.length > 1 && el("h4", at + 1 < exchanges.length ? `hop ${at + 1}, redirected` : `hop ${at + 1}`),
      exchangeView(exchange),
      exchange.phases &&
        el(
          "div.phases",
          phasesOf(exchange).map(([at, value]) => phase(at, " ", el("b", time(value)))),
        ),
    ]),
    one.used && [
      el("h4", "Values in play"),
      table(
        ["expression", "value", "from"],
        one.used.map(([expression, value, origin]) => [code(expression), valueView(value), origin]),
      ),
    ],
    one.captured && [
      el("h4", "Captured"),
      table(
        ["name", "value", "taken from"],
        one.captured.map((value) => [
          el("span", code(value.name), value.implicit && chip("used later")),
          hiddenValue(value),
          code(value.path),
        ]),
      ),
    ],
  );
};
