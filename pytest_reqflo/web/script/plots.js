/* The past of a journey as pictures, made of elements. */

const WIDTH = 720;
const HEIGHT = 120;
const LEAST_PLACES = 20;
const WINDOW = 10;

const shape = (tag, given, ...children) => {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const plot = (words, ...parts) =>
  shape(
    "svg",
    {
      class: "plot",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": words,
    },
    ...[0, 0.5, 1].map((part) => {
      const y = 1 + part * (HEIGHT - 2);
      return shape("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y });
    }),
    ...parts,
  );
const chart = (name, words, axis, picture) =>
  el(
    "figure.chart",
    { "data-plot": name },
    el("figcaption", words),
    el(
      "div.axis",
      axis.map((each) => el("span", each)),
    ),
    picture,
  );
const placeWidth = (past) => WIDTH / Math.max(past.length, LEAST_PLACES);

const durations = (past) => {
  const most = Math.max(1e-6, ...past.map((run) => run.elapsed_s || 0));
  const step = placeWidth(past);
  const bars = past.map((run, at) => {
    const height = Math.max(2, ((run.elapsed_s || 0) / most) * (HEIGHT - 4));
    const words = `${when(run.started_at)}: ${STATUSES[run.status].word}, ${time(run.elapsed_s)}`;
    const node = shape(
      "rect",
      { class: `is-${run.status}`, x: at * step, y: HEIGHT - height, width: Math.max(1, step - 1), height },
      shape("title", {}, words),
    );
    node.addEventListener("click", () => go(toRun(run)));
    return node;
  });
  const words = `Durations of ${count(past.length, "run")}, ${time(most)} at most`;
  return chart("durations", "Duration", [time(most), time(most / 2), "0"], plot(words, ...bars));
};

const share = (some) => some.filter((run) => run.status === "passed").length / Math.max(1, some.length);
/** The share of the latest ten runs that passed, at each run. */
const passRate = (past) => {
  const step = placeWidth(past);
  const points = past.map((_, at) => {
    const rate = share(past.slice(Math.max(0, at - WINDOW + 1), at + 1));
    return `${((at + 0.5) * step).toFixed(1)},${(1 + (1 - rate) * (HEIGHT - 2)).toFixed(1)}`;
  });
  const words = `${Math.round(100 * share(past))} % of ${count(past.length, "run")} passed`;
  const curve = shape("polyline", { class: "curve", points: points.join(" ") });
  return chart("pass-rate", "Pass rate of ten runs", ["100 %", "50 %", "0"], plot(words, curve));
};
const strip = (recent) =>
  el(
    "span.strip",
    [...recent]
      .reverse()
      .map(([id, status]) =>
        el(`a.is-${status}`, { href: address("run", id), title: STATUSES[status].word }, el("span.offscreen", status)),
      ),
  );
