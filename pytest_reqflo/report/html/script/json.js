/* JSON as it was written, with colours and folds: numbers are never read as numbers. */

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
  const put = (item) => {
    stack[stack.length - 1].items.push({ key, ...item });
    key = null;
  };
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
  return el(
    "details.j-node",
    { open: isOpen },
    el("summary", head, open, el("span.j-fold", ` … ${what} ${close}${comma}`)),
    el(
      "div.j-items",
      items.map((each, at) => drawItem(each, at + 1 < items.length ? "," : "", depth + 1)),
    ),
    el("div.j-close", close + comma),
  );
};
const isJson = (text) => {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
};
const canFold = (text, isCut) => /^\s*[{[]/.test(text) && (isCut || isJson(text)) && parseTree(text) !== null;
const pretty = (text) =>
  el(
    "div.json",
    parseTree(text).items.map((item) => drawItem(item, "", 0)),
  );
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
