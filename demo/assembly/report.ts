import { Delays, Origin } from "./delays";

/** Routes with fewer flights are left out of the search for the worst: their mean says little. */
const MIN_ROUTE_FLIGHTS: i64 = 5;
const HEADER = "origin,flights,mean_delay_min,late_flights,late_percent,worst_route,worst_route_flights,worst_route_mean_delay_min";

/** A line for each airport, the busiest first, as comma-separated values. */
export function delayTable(origins: Origin[]): string {
  const lines: string[] = [HEADER];
  for (let index = 0; index < origins.length; index++) lines.push(tableLine(origins[index]));
  return lines.join("\n") + "\n";
}

/** By flights, most first, then by code. */
export function byTraffic(origins: Map<string, Origin>): Origin[] {
  return origins.values().sort((a, b) => {
    if (a.all.flights != b.all.flights) return a.all.flights > b.all.flights ? -1 : 1;
    return a.code < b.code ? -1 : 1;
  });
}

/** What the table says in three lines. */
export function delaySummary(origins: Origin[], lateMinutes: i64): string {
  const total = new Delays();
  for (let index = 0; index < origins.length; index++) {
    total.flights += origins[index].all.flights;
    total.minutes += origins[index].all.minutes;
    total.late += origins[index].all.late;
  }
  const busiest = origins.length == 0 ? "-" : origins[0].code;
  return (
    `${total.flights} flights from ${origins.length} airports, busiest ${busiest}\n` +
    `mean delay ${tenths(total.minutes, total.flights)} minutes\n` +
    `${tenths(100 * total.late, total.flights)} % more than ${lateMinutes} minutes late\n`
  );
}

function tableLine(origin: Origin): string {
  const all = origin.all;
  const start =
    `${origin.code},${all.flights},${tenths(all.minutes, all.flights)},` +
    `${all.late},${tenths(100 * all.late, all.flights)}`;
  const worst = worstRoute(origin.routes);
  if (worst == "") return start + ",,,";
  const route = origin.routes.get(worst);
  return `${start},${origin.code}-${worst},${route.flights},${tenths(route.minutes, route.flights)}`;
}

/** The destination with the greatest mean delay, the first by code where several have it; "" for none. */
function worstRoute(routes: Map<string, Delays>): string {
  let worst = "";
  const destinations = routes.keys().sort();
  for (let index = 0; index < destinations.length; index++) {
    const route = routes.get(destinations[index]);
    if (route.flights < MIN_ROUTE_FLIGHTS) continue;
    // Means are compared as fractions, so that no rounding decides.
    if (worst == "" || route.minutes * routes.get(worst).flights > routes.get(worst).minutes * route.flights) {
      worst = destinations[index];
    }
  }
  return worst;
}

/** `sum / count` with one decimal, halves away from zero, without floating point. */
function tenths(sum: i64, count: i64): string {
  if (count == 0) return "0.0";
  const size = sum < 0 ? -sum : sum;
  const rounded = (size * 20 + count) / (count * 2);
  const sign = sum < 0 && rounded > 0 ? "-" : "";
  return `${sign}${rounded / 10}.${rounded % 10}`;
}
