import type { ApiNode } from "@gadus/client";
import { printable } from "./terminal.ts";

type Engines = Pick<NonNullable<ApiNode["Info"]["ComputeNodeInfo"]>, "Engines" | "UnavailableEngines">;

/** What a node says of its engines, a line each: their facts, and why those don't work that don't. */
export function engineFields({
  Engines = [],
  UnavailableEngines = [],
}: Partial<Engines> = {}): readonly (readonly [string, string])[] {
  const working = Engines.map(({ Type, Facts }) => {
    const facts = Object.entries(Facts).map(([key, value]) => `${key}: ${value}`);
    return [printable(Type), printable(facts.join("; "))] as const;
  });
  const broken = UnavailableEngines.map(
    ({ Type, Reason }) => [printable(Type), `unavailable: ${printable(Reason)}`] as const,
  );
  return [...working, ...broken];
}
