import { registerHooks } from "node:module";
import { MUTANTS } from "./mutants.ts";

/** Loaded before the simulator: puts the mutant that `GADUS_SIM_MUTANT` counts into the modules that it loads. */
const mutant = MUTANTS[Number(process.env["GADUS_SIM_MUTANT"])];
if (mutant === undefined) throw new RangeError("GADUS_SIM_MUTANT is no mutant's number");
const edits = [mutant, ...(mutant.also ?? [])];

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const edit = edits.find(({ module }) => url.endsWith(pathOf(module)));
    if (edit === undefined) return loaded;
    const source = Buffer.from(loaded.source as Uint8Array).toString();
    if (source.split(edit.from).length !== 2) {
      throw new Error(`Cannot make mutant "${mutant.name}": ${edit.module} doesn't hold its text once`);
    }
    return { ...loaded, source: source.replace(edit.from, () => edit.to) };
  },
});

function pathOf(module: string): string {
  const [folder, name] = module.split("/");
  return `/packages/${folder}/dist/${name}.js`;
}
