/* Facts of a journey, and the way back. */

const fact = (name, value, isCopied) =>
  value &&
  el(
    "div",
    el("dt", name),
    el("dd", isCopied ? el("span.mono", value) : value, isCopied && copyButton(value, "", `Copy ${name}`)),
  );
const journeyFacts = (journey) => [
  fact("file", journey.file, true),
  fact("version", versionOf(journey)),
  fact("artifact", journey.artifact, true),
  fact("owner", journey.owner),
  fact("tags", journey.tags && journey.tags.map((tag) => chip(tag))),
];
const crumbs = (...parts) =>
  el(
    "nav.crumbs",
    { "aria-label": "Where you are" },
    el("a", { href: address("overview") }, icon("back"), "Overview"),
    parts.filter(Boolean).map((part) => ["/", part]),
  );
const missing = (text) => [el("section.hero", crumbs(), el("h1", "Not found"), el("p.dim", text))];
