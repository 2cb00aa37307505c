/** Edits beyond which two names have nothing to do with each other, as a share of the longer one. */
const MAX_EDIT_SHARE = 0.4;

/** The one of `names` that takes the fewest edits to become `name`; undefined where none is near. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const near = names
    .map((candidate) => ({ candidate, edits: countEdits(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(name.length, candidate.length) * MAX_EDIT_SHARE)
    .sort((a, b) => a.edits - b.edits);
  return near[0]?.candidate;
}

/** Insertions, deletions and replacements between `a` and `b` (Wagner and Fischer, 1974). */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [above, letter] of Array.from(a).entries()) {
    const next = [above + 1];
    for (const [left, other] of Array.from(b).entries()) {
      const replaced = (row[left] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[left + 1] ?? 0) + 1, (next[left] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
