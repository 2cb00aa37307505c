import { JsonReader } from "./json-reader";
import { fail } from "./output";

/** Flights counted together. */
export class Delays {
  flights: i64 = 0;
  minutes: i64 = 0;
  late: i64 = 0;

  add(minutes: i64, lateMinutes: i64): void {
    this.flights++;
    this.minutes += minutes;
    if (minutes > lateMinutes) this.late++;
  }
}

/** Flights from one airport, and the same by where they went. */
export class Origin {
  readonly all: Delays = new Delays();
  readonly routes: Map<string, Delays> = new Map<string, Delays>();

  constructor(readonly code: string) {}
}

/** Counts every flight of the array that `json` is at, by origin and route. */
export function countDelays(json: JsonReader, lateMinutes: i64): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  json.enter("[");
  for (let first = true; json.more("]", first); first = false) countFlight(json, origins, lateMinutes);
  json.end();
  return origins;
}

function countFlight(json: JsonReader, origins: Map<string, Origin>, lateMinutes: i64): void {
  let code = "";
  let destination = "";
  let minutes = i64.MIN_VALUE;
  json.enter("{");
  for (let first = true; json.more("}", first); first = false) {
    const key = json.key();
    if (key == "origin") code = json.string();
    else if (key == "destination") destination = json.string();
    else if (key == "delay") minutes = json.integer();
    else json.skip();
  }
  if (code == "" || destination == "" || minutes == i64.MIN_VALUE) {
    fail("Cannot count a flight: it lacks its origin, destination or delay");
  }
  if (!origins.has(code)) origins.set(code, new Origin(code));
  const origin = origins.get(code);
  if (!origin.routes.has(destination)) origin.routes.set(destination, new Delays());
  origin.all.add(minutes, lateMinutes);
  origin.routes.get(destination).add(minutes, lateMinutes);
}
