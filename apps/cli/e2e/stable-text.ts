/** Replaces what differs from one run to the next by what doesn't; the same thing by the same text. */
export function makeStable(folder: string): (text: string) => string {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  /** The name of the `kind` that `id` is, by the order in which they were seen. */
  const nameOf = (kind: string, id: string): string => {
    const before = names.get(id);
    if (before !== undefined) return before;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const name = `<${kind} ${count}>`;
    names.set(id, name);
    return name;
  };
  const stable = (text: string): string =>
    text
      .replaceAll(folder, "/home/me")
      .replaceAll(/\/tmp\/gadus-devnet-\w+/g, "/tmp/gadus-devnet-…")
      .replaceAll(/\bj-[0-9a-f-]{36}\b/g, (id) => nameOf("job", id))
      .replaceAll(/\be-[0-9a-f-]{36}\b/g, (id) => nameOf("execution", id))
      .replaceAll(/\bk-[0-9a-f-]{36}\b/g, (id) => nameOf("key", id))
      .replaceAll(/\b12D3KooW\w{44}\b/g, (id) => nameOf("node", id))
      .replaceAll(/\bgadus_[\w-]{20,}/g, "<the key's text>")
      .replaceAll(/fingerprint [0-9a-f]{32}\b/gi, "fingerprint <fingerprint>")
      .replaceAll(/(Fingerprint: +)[0-9a-f]{32}\b/g, "$1<fingerprint>")
      .replaceAll(/127\.0\.0\.1:(?!65001)\d+/g, "127.0.0.1:<port>")
      .replaceAll(/tcp\/\d+\/p2p/g, "tcp/<port>/p2p")
      .replaceAll(/\b\d+ (s|min) ago\b/g, "just now")
      .replaceAll(/^((?:Created: +|Changed: +)?)now$/gm, "$1just now")
      .replaceAll(/\bin \d+(\.\d+)? s\b/g, "in <seconds> s")
      .replaceAll(/^\d+\.\d{3} s$/gm, "<seconds> s")
      .replaceAll(/\b\d+(\.\d+)? ms\b/g, "<n> ms")
      .replaceAll(/\b\d+(\.\d+)? cores, \d+(\.\d+)? GiB( memory, \d+(\.\d+)? GiB disk)?/g, "<what it has>")
      .replaceAll(/node v[\d.]+, \w+-\w+/g, "node v24.…, linux-…")
      .replaceAll(/^(docker: +unavailable: ).*$/gm, "$1<why>")
      .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/g, "<date>");
  return (text) => withTables(text.split("\n"), stable).join("\n");
}

/** Lines with each table set anew, as wide as its stable cells are. */
function withTables(lines: readonly string[], stable: (text: string) => string): readonly string[] {
  const done: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const starts = columnStarts(lines[at] ?? "");
    if (starts.length < 2) {
      done.push(stable(lines[at] ?? ""));
      at += 1;
      continue;
    }
    const end = lines.findIndex((line, index) => index > at && (line === "" || line === "```"));
    const rows = lines.slice(at, end === -1 ? lines.length : end).map((line) => cellsOf(line, starts));
    done.push(
      ...rendered(
        rows.map((cells) => cells.map((cell, column) => stableCell(cell, rows[0]?.[column] ?? "", stable))),
      ),
    );
    at += rows.length;
  }
  return done;
}

/** Where the columns of a table start; nothing where `line` is no head of one. */
function columnStarts(line: string): readonly number[] {
  if (!/^[A-Z]+( +[A-Z]+)+$/.test(line)) return [];
  return [...line.matchAll(/[A-Z]+/g)].map(({ index }) => index);
}

function cellsOf(line: string, starts: readonly number[]): readonly string[] {
  return starts.map((start, column) => line.slice(start, starts[column + 1]).trim());
}

function stableCell(cell: string, title: string, stable: (text: string) => string): string {
  if (title === "PID" && cell !== title) return "<pid>";
  if (title === "SCORE" && cell !== title) return "0.…";
  return stable(cell);
}

function rendered(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
