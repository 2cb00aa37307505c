/** A row of the data set, as far as the analysis reads it. */
export interface Flight {
  readonly origin: string;
  readonly destination: string;
  /** Minutes after schedule; negative when early. */
  readonly delay: number;
}

/** The two texts that the WebAssembly module writes. */
export interface Report {
  /** Comma-separated values: a header, then a line for each airport, the busiest first. */
  readonly table: string;
  /** Three lines. */
  readonly summary: string;
}

interface Delays {
  readonly flights: number;
  readonly minutes: number;
  readonly late: number;
}

/** Routes with fewer flights are left out of the search for the worst: their mean says little. */
const MIN_ROUTE_FLIGHTS = 5;
const HEADER =
  "origin,flights,mean_delay_min,late_flights,late_percent,worst_route,worst_route_flights,worst_route_mean_delay_min";

/** Which airports keep their passengers waiting, worked out apart from the module in `assembly/`, to check it. */
export function analyseFlights(flights: readonly Flight[], lateMinutes = 15): Report {
  const origins = Object.entries(Object.groupBy(flights, (flight) => flight.origin))
    .map(([code, own = []]) => ({ code, flights: own, all: countDelays(own, lateMinutes) }))
    .sort((a, b) => b.all.flights - a.all.flights || (a.code < b.code ? -1 : 1));
  const lines = origins.map(({ code, flights: own, all }) =>
    [code, all.flights, mean(all), all.late, latePercent(all), ...worstRoute(code, own, lateMinutes)].join(
      ",",
    ),
  );
  const total = countDelays(flights, lateMinutes);
  return {
    table: `${[HEADER, ...lines].join("\n")}\n`,
    summary:
      `${total.flights} flights from ${origins.length} airports, busiest ${origins[0]?.code ?? "-"}\n` +
      `mean delay ${mean(total)} minutes\n` +
      `${latePercent(total)} % more than ${lateMinutes} minutes late\n`,
  };
}

function countDelays(flights: readonly Flight[], lateMinutes: number): Delays {
  return {
    flights: flights.length,
    minutes: flights.reduce((sum, flight) => sum + flight.delay, 0),
    late: flights.filter((flight) => flight.delay > lateMinutes).length,
  };
}

function worstRoute(
  code: string,
  flights: readonly Flight[],
  lateMinutes: number,
): readonly (string | number)[] {
  const routes = Object.entries(Object.groupBy(flights, (flight) => flight.destination))
    .map(([destination, own = []]) => ({ destination, ...countDelays(own, lateMinutes) }))
    .filter((route) => route.flights >= MIN_ROUTE_FLIGHTS)
    .sort(
      (a, b) => b.minutes * a.flights - a.minutes * b.flights || (a.destination < b.destination ? -1 : 1),
    );
  const worst = routes[0];
  return worst === undefined ? ["", "", ""] : [`${code}-${worst.destination}`, worst.flights, mean(worst)];
}

function mean(delays: Delays): string {
  return tenths(delays.minutes, delays.flights);
}

function latePercent(delays: Delays): string {
  return tenths(100 * delays.late, delays.flights);
}

/** `sum / count` with one decimal, halves away from zero, without floating point. */
function tenths(sum: number, count: number): string {
  if (count === 0) return "0.0";
  const rounded = (20n * BigInt(Math.abs(sum)) + BigInt(count)) / (2n * BigInt(count));
  return `${sum < 0 && rounded > 0n ? "-" : ""}${rounded / 10n}.${rounded % 10n}`;
}
