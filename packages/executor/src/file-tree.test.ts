import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WritableContent } from "./file-content.ts";
import { HostFuel } from "./host-fuel.ts";
import { FileTree } from "./file-tree.ts";
import { InputBlocks } from "./input-blocks.ts";
import { NodeQuota } from "./node-quota.ts";
import { resolvePath } from "./resolve-path.ts";
import { compareNames, type FolderNode } from "./tree-node.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { WasiError } from "./wasi-error.ts";

const noInputs = new InputBlocks(() => ({ kind: "failed" }));
const newTree = (): FileTree =>
  new FileTree(new VirtualClock(0), new NodeQuota(1e9, 1e6, new HostFuel()), noInputs);

test("compareNames() orders text as its UTF-8 bytes are ordered", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      expect(Math.sign(compareNames(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
});

test("WritableContent holds what was written, zeros between, and counts its size", () => {
  const step = fc.oneof(
    fc.record({ at: fc.nat(2000), bytes: fc.uint8Array({ maxLength: 600 }) }),
    fc.record({ size: fc.nat(2000) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const content = new WritableContent(new NodeQuota(4000, 1, new HostFuel()));
      let model = new Uint8Array(0);
      for (const next of steps) {
        const size =
          "size" in next
            ? next.size
            : Math.max(model.length, next.bytes.length && next.at + next.bytes.length);
        const resized = new Uint8Array(size);
        resized.set(model.subarray(0, size));
        model = resized;
        if ("size" in next) content.resize(next.size);
        else {
          content.write(next.at, next.bytes);
          if (next.bytes.length > 0) model.set(next.bytes, next.at);
        }
        expect(content.bytes()).toEqual(model);
      }
    }),
  );
});

describe("resolvePath()", () => {
  test("never leads above where it starts, whatever links there are", () => {
    const name = fc.constantFrom("a", "b", "c", "..", ".");
    const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => names.join("/"));
    fc.assert(
      fc.property(fc.array(fc.tuple(path, path)), path, (links, wanted) => {
        const tree = newTree();
        const start = tree.addFolder(tree.root, "start");
        tree.addFile(tree.root, "a");
        const inner = tree.addFolder(start, "a");
        tree.addFolder(inner, "b");
        for (const [target, at] of links) {
          const place = attempt(() => resolvePath(tree, start, at, false));
          if (place?.node === undefined && place !== undefined)
            tree.addLink(place.folder, place.name, target);
        }
        const place = attempt(() => resolvePath(tree, start, wanted, true));
        if (place === undefined) return;
        const reached = place.node?.kind === "folder" ? [place.folder, place.node] : [place.folder];
        expect(reached.every((folder) => isInside(folder, start))).toBe(true);
      }),
    );
  });
});

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof WasiError) return undefined;
    throw error;
  }
}

function isInside(node: FolderNode, start: FolderNode): boolean {
  for (let at: FolderNode | undefined = node; at !== undefined; at = at.parent) {
    if (at === start) return true;
  }
  return false;
}
