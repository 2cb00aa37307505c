import type { ModuleDeclarations } from "./module-declarations.ts";
import { malformed, tooLarge } from "./module-error.ts";
import type { ModuleReader } from "./module-reader.ts";
import { type FunctionType, letterOf } from "./module-types.ts";
import { EDIT } from "./rewrite-edits.ts";
import type { FunctionScan } from "./rewrite-scan.ts";

interface Frame {
  op: number;
  readonly parameters: string;
  readonly results: string;
  /** What a branch to it carries. */
  readonly label: string;
  /** Given back when its operands are left. */
  readonly outer: number;
  /** Whether its beginning can be reached. */
  readonly live: boolean;
  targeted: boolean;
  /** Of the basic block that it begins in. */
  readonly charge: number;
  /** The depth of the outermost frame that a branch from inside leads to; its own where all end at its end. */
  leaves: number;
}

const OP = { unreachable: 0, nop: 1, block: 2, loop: 3, if: 4, else: 5, end: 0x0b } as const;
const BRANCH = { br: 0x0c, brIf: 0x0d, brTable: 0x0e, return: 0x0f } as const;
const NOTHING = "";
/** Blocks within blocks. */
const MAX_DEPTH = 50_000;
/** Targets of one `br_table`: V8's limit. */
const MAX_TARGETS = 65_520;

/**
 * The control flow of a function as its code is passed over, and what its basic blocks cost.
 *
 * A basic block ends with a branch, before what is branched to, and where code can't go on. Each is charged
 * where it begins, or with one before that it always follows: what comes after a construct that nothing leaves but
 * by its end is charged before it. What can't be reached isn't charged.
 */
export class Blocks {
  readonly #scan: FunctionScan;
  readonly #declarations: ModuleDeclarations;
  readonly #frames: Frame[] = [];
  #results = NOTHING;
  #openLoops = 0;
  #charge = 0;
  #cost = 0;
  #live = false;

  constructor(scan: FunctionScan, declarations: ModuleDeclarations) {
    this.#scan = scan;
    this.#declarations = declarations;
  }

  /** Whether what comes next can be reached. */
  get live(): boolean {
    return this.#live;
  }

  /** Blocks that are open, the function itself among them. */
  get depth(): number {
    return this.#frames.length;
  }

  /** Begins a function whose code starts at `at`; entering it costs `cost`. */
  begin({ results }: FunctionType, at: number, cost: number): void {
    this.#frames.length = 0;
    this.#openLoops = 0;
    this.#results = results;
    this.#live = true;
    this.#push(OP.block, NOTHING, results);
    this.#charge = this.#scan.edits.add(at, EDIT.charge);
    this.#cost = cost;
  }

  spend(cost: number): void {
    this.#cost += cost;
  }

  /** Passes over the rest of operation `op`, which begins at `at`. */
  control(reader: ModuleReader, op: number, at: number): void {
    if (op === OP.end) {
      this.#end(reader);
      return;
    }
    if (op === OP.else) {
      this.#else(reader, at);
      return;
    }
    this.spend(1);
    this.#join(1);
    if (op === OP.unreachable) this.#trap(at);
    else if (op >= OP.block && op <= OP.if) this.#open(reader, op);
    else if (op === BRANCH.br) this.#branch(this.#targetAt(reader));
    else if (op === BRANCH.brIf) this.#branchIf(reader);
    else if (op === BRANCH.brTable) this.#branchTable(reader);
    else if (op === BRANCH.return) this.#return(at);
  }

  #open(reader: ModuleReader, op: number): void {
    const { parameters, results } = this.#readType(reader);
    if (op === OP.loop) this.#openLoop();
    this.spend(this.#scan.pass(parameters.length + results.length));
    if (op === OP.if) this.#scan.operands.pop();
    this.#scan.popSeen(parameters);
    this.#push(op, parameters, results);
    this.#scan.pushRaw(parameters);
    if (op === OP.block || !this.#live) return;
    this.#begin(reader.at);
    if (op !== OP.loop) return;
    this.#scan.use.loops = true;
    this.#scan.edits.setB(this.#charge, 1);
  }

  #openLoop(): void {
    this.#scan.weight.loop(this.#openLoops);
    this.#openLoops += 1;
  }

  #else(reader: ModuleReader, at: number): void {
    const frame = this.#frames.at(-1);
    if (frame?.op !== OP.if) return malformed("an else outside of an if", at);
    this.#scan.popSeen(frame.results);
    this.#scan.operands.drain();
    this.#scan.pushRaw(frame.parameters);
    frame.op = OP.else;
    this.#close();
    if (frame.live) this.#begin(reader.at);
  }

  #end({ at }: ModuleReader): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    if (frame.op === OP.loop) this.#openLoops -= 1;
    this.#scan.popSeen(frame.results);
    this.#scan.operands.leave(frame.outer);
    this.#scan.pushRaw(frame.results);
    const isLeft = frame.leaves < this.#frames.length;
    if (isLeft) this.#leaveTo(frame.leaves);
    const joins = frame.op === OP.if || frame.op === OP.else || frame.targeted;
    if (this.#frames.length === 0 || !frame.live) this.#close();
    else if (!isLeft && (joins || this.#live)) this.#resume(frame.charge);
    else if (joins || !this.#live) this.#begin(at);
  }

  #branch(frame: Frame): void {
    this.spend(this.#scan.pass(frame.label.length));
    this.#scan.popSeen(frame.label);
    this.#diverge();
  }

  #branchIf(reader: ModuleReader): void {
    const { label } = this.#targetAt(reader);
    this.spend(this.#scan.pass(label.length));
    this.#scan.operands.pop();
    this.#scan.popSeen(label);
    this.#scan.pushRaw(label);
    if (this.#live) this.#begin(reader.at);
  }

  #branchTable(reader: ModuleReader): void {
    this.#scan.operands.pop();
    const targets = reader.count("targets", MAX_TARGETS);
    this.#join(targets);
    for (let left = targets; left > 0; left -= 1) {
      this.#scan.weight.pass(this.#targetAt(reader).label.length);
    }
    this.#branch(this.#targetAt(reader));
  }

  /** Counts `ways` that control may go from here, with all that is there. */
  #join(ways: number): void {
    const { locals, operands, weight } = this.#scan;
    weight.join(locals.count + operands.height, ways);
  }

  #trap(at: number): void {
    if (this.#live) this.#scan.edits.add(at, EDIT.settle);
    this.#leaveTo(0);
    this.#diverge();
  }

  #return(at: number): void {
    this.spend(this.#scan.pass(this.#results.length));
    this.#scan.popSeen(this.#results);
    this.#scan.edits.add(at, EDIT.leave, this.#frames.length - 1, 1);
    this.#leaveTo(0);
    this.#diverge();
  }

  /** Begins a basic block at `at`. */
  #begin(at: number): void {
    this.#close();
    this.#charge = this.#scan.edits.add(at, EDIT.charge);
    this.#cost = 0;
    this.#live = true;
  }

  /** Begins a basic block that always follows the one of `charge`, and is charged with it. */
  #resume(charge: number): void {
    this.#close();
    this.#charge = charge;
    this.#cost = this.#scan.edits.a(charge);
    this.#live = true;
  }

  /** Ends a basic block, if there is one. */
  #close(): void {
    if (this.#live) this.#scan.edits.setA(this.#charge, this.#cost);
    this.#live = false;
  }

  #diverge(): void {
    this.#close();
    this.#scan.operands.drain();
  }

  #push(op: number, parameters: string, results: string): void {
    if (this.#frames.length === MAX_DEPTH) tooLarge(`blocks stand ${MAX_DEPTH} deep in each other`);
    const label = op === OP.loop ? parameters : results;
    const outer = this.#scan.operands.enter();
    const flow = { live: this.#live, targeted: false, charge: this.#charge, leaves: this.#frames.length };
    this.#frames.push({ op, parameters, results, label, outer, ...flow });
  }

  #targetAt(reader: ModuleReader): Frame {
    const { at } = reader;
    const depth = reader.u32();
    const target = this.#frames.length - 1 - depth;
    const frame = this.#frames[target];
    if (frame === undefined) return malformed(`a branch out of ${depth} blocks`, at);
    if (frame.op !== OP.loop) frame.targeted = true;
    this.#leaveTo(target);
    return frame;
  }

  /** Notes that the innermost frame may be left for one at depth `target`; it tells those around it at its end. */
  #leaveTo(target: number): void {
    const inner = this.#frames.at(-1);
    if (inner !== undefined && target < inner.leaves) inner.leaves = target;
  }

  #readType(reader: ModuleReader): FunctionType {
    const { at } = reader;
    const code = reader.s33();
    if (code >= 0) return this.#declarations.types[code] ?? malformed(`unknown type ${code}`, at);
    if (code === -0x40) return { parameters: NOTHING, results: NOTHING };
    return { parameters: NOTHING, results: letterOf(code & 0x7f, at) };
  }
}
