// What pages of promises, such as docs/promises.md, say, and what tests there are.

/** A promise's line, and a line that names a test that fails without it. */
const PROMISE = /^- (.+)$/;
const TITLE = /^ {2}- (.+)$/;

/**
 * The promises of a page, each with its tests' titles: a list of promises, in each of which is a list of titles.
 * A line that is indented and no item goes on with the one before.
 */
export function readPromises(page) {
  const promises = [];
  for (const [index, line] of page.split("\n").entries()) {
    const promise = PROMISE.exec(line)?.[1];
    const title = TITLE.exec(line)?.[1];
    if (promise !== undefined) promises.push({ line: index + 1, promise, titles: [] });
    else if (title !== undefined) promises.at(-1)?.titles.push(title.trim());
  }
  return promises;
}

const CALL = /(?<![\w.$])(?:test|it|describe)(?=[.(])/g;
/** A test that does not run proves nothing. */
const NOT_RUN = new Set(["skip", "todo"]);

/** The titles of the tests and suites that `source` declares; what a template puts in stands as `…`. */
export function titlesOf(source) {
  const titles = [];
  for (const { index, 0: name } of source.matchAll(CALL)) {
    const title = titleAt(source, index + name.length);
    if (title !== undefined) titles.push(title);
  }
  return titles;
}

/** The first string that a chain of `.each(…)(…)` is called with. */
function titleAt(source, start) {
  let at = start;
  for (;;) {
    const modifier = /^\s*\.\s*(\w+)/.exec(source.slice(at, at + 100));
    if (modifier !== null) {
      if (NOT_RUN.has(modifier[1])) return undefined;
      at += modifier[0].length;
      continue;
    }
    at += /^<.{1,400}?>(?=\()/s.exec(source.slice(at, at + 500))?.[0].length ?? 0;
    if (source[at] !== "(") return undefined;
    const first = at + 1 + /^\s*/.exec(source.slice(at + 1))[0].length;
    if (isQuote(source[first])) return textOf(source.slice(first, endOfString(source, first)));
    at = endOfGroup(source, at);
  }
}

function isQuote(character) {
  return character === '"' || character === "'" || character === "`";
}

/** Where the string that begins at `start` is over. */
function endOfString(source, start) {
  let at = start + 1;
  while (at < source.length && source[at] !== source[start]) at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Where the parentheses that open at `start` are closed. */
function endOfGroup(source, start) {
  let depth = 0;
  let at = start;
  do {
    if (isQuote(source[at])) {
      at = endOfString(source, at);
      continue;
    }
    if (source[at] === "(") depth += 1;
    if (source[at] === ")") depth -= 1;
    at += 1;
  } while (depth > 0 && at < source.length);
  return at;
}

function textOf(literal) {
  const text = literal.slice(1, -1).replaceAll(/\\(.)/g, "$1");
  return literal[0] === "`" ? text.replaceAll(/\$\{[^}]*\}/g, "…") : text;
}

/**
 * What is wrong with a page of promises, given the titles that there are.
 *
 * A title may have its suites' before it, as the test runner prints them: each must be there.
 */
export function complaints(page, titles) {
  const known = new Set(titles);
  const promises = readPromises(page);
  if (promises.length === 0) return ["it holds no promise"];
  return promises.flatMap(({ line, promise, titles: named }) => {
    if (named.length === 0) return [`line ${line}: no test is named for "${promise}"`];
    const missing = named.flatMap((title) => title.split(" > ")).filter((title) => !known.has(title));
    return missing.map((title) => `line ${line}: no test has the title "${title}"`);
  });
}
