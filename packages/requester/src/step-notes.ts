/** What the steps of one job note outside their drafts: taken back where a draft isn't stored. */
export class StepNotes {
  readonly #underWay = new Set<string>();
  /** By partition, the evidence that it was judged by last, with nothing decided. */
  readonly #judged = new Map<number, string>();
  #undo: (() => void)[] = [];

  /** Notes that something begins; answers false where it is under way. */
  begin(key: string): boolean {
    if (this.#underWay.has(key)) return false;
    this.#underWay.add(key);
    this.#undo.push(() => this.#underWay.delete(key));
    return true;
  }

  ended(key: string): void {
    this.#underWay.delete(key);
  }

  /** Notes that a partition is judged by `evidence`; answers false where it was, and nothing has changed since. */
  judge(partition: number, evidence: string): boolean {
    const before = this.#judged.get(partition);
    if (before === evidence) return false;
    this.#judged.set(partition, evidence);
    this.#undo.push(() => {
      if (before === undefined) this.#judged.delete(partition);
      else this.#judged.set(partition, before);
    });
    return true;
  }

  /** Notes something else that was done, and what takes it back. */
  did(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** The step is stored. */
  keep(): void {
    this.#undo = [];
  }

  /** The step isn't stored, and is done again. */
  takeBack(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.#undo = [];
  }
}
