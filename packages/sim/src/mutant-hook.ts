import { registerHooks } from "node:module";
import { MUTANTS } from "./mutants.ts";

/** Loaded before the simulator: puts the mutant that `GADUS_SIM_MUTANT` counts into the modules that it loads. */
const mutant = MUTANTS[Number(process.env["GADUS_SIM_MUTANT"])];
if (mutant === undefined) throw new RangeError("GADUS_SIM_MUTANT is no mutant's number");
const [folder, name] = mutant.module.split("/");

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/packages/${folder}/dist/${name}.js`)) return loaded;
    const source = Buffer.from(loaded.source as Uint8Array).toString();
    if (source.split(mutant.from).length !== 2) {
      throw new Error(`Cannot make mutant "${mutant.name}": ${mutant.module} doesn't hold its text once`);
    }
    return { ...loaded, source: source.replace(mutant.from, () => mutant.to) };
  },
});
