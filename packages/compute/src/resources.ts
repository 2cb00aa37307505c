import type { Resources } from "@gadus/protocol";

export const RESOURCE_NAMES = ["cpuMillis", "memoryBytes", "diskBytes", "gpus"] as const;

export const NO_RESOURCES: Resources = { cpuMillis: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 };

export function plus(a: Resources, b: Resources): Resources {
  return combine(a, b, (left, right) => left + right);
}

export function minus(a: Resources, b: Resources): Resources {
  return combine(a, b, (left, right) => left - right);
}

/** The greater of each. */
export function atLeast(a: Resources, b: Resources): Resources {
  return combine(a, b, Math.max);
}

/** The lesser of each. */
export function atMost(a: Resources, b: Resources): Resources {
  return combine(a, b, Math.min);
}

export function fitsIn(wanted: Resources, room: Resources): boolean {
  return exceeds(wanted, room) === undefined;
}

/** The first resource of which `wanted` is more than `limit`, in words; undefined where none is. */
export function exceeds(wanted: Resources, limit: Resources): string | undefined {
  const name = RESOURCE_NAMES.find((each) => wanted[each] > limit[each]);
  return name && `${wanted[name]} ${LABELS[name]} are more than ${limit[name]}`;
}

const LABELS = {
  cpuMillis: "thousandths of a core",
  memoryBytes: "bytes of memory",
  diskBytes: "bytes of disk",
  gpus: "GPUs",
} as const;

function combine(a: Resources, b: Resources, join: (a: number, b: number) => number): Resources {
  return {
    cpuMillis: join(a.cpuMillis, b.cpuMillis),
    memoryBytes: join(a.memoryBytes, b.memoryBytes),
    diskBytes: join(a.diskBytes, b.diskBytes),
    gpus: join(a.gpus, b.gpus),
  };
}
