/* Where data comes from, what a status is, and the words for what was measured. */

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
const LAYERS = {
  row: "data row",
  set: "--set",
  case: "case",
  preset: "preset",
  source: "declared source",
  default: "default",
  environment: "environment",
  unset: "no value",
};
const CHUNK = 200;
