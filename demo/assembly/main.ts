// flight-delays IN.json OUT.csv [LATE_MINUTES]: which airports keep their passengers waiting.
import { commandArguments } from "./arguments";
import { countDelays } from "./delays";
import { ByteReader, writeFile } from "./files";
import { JsonReader } from "./json-reader";
import { fail, writeText } from "./output";
import { byTraffic, delaySummary, delayTable } from "./report";
import { STDOUT } from "./wasi";

const DEFAULT_LATE_MINUTES: i64 = 15;

const given = commandArguments();
const right = given.length == 2 || (given.length == 3 && I64.parseInt(given[2]).toString() == given[2]);
if (!right) fail("usage: flight-delays IN.json OUT.csv [LATE_MINUTES]");
const lateMinutes = given.length == 3 ? I64.parseInt(given[2]) : DEFAULT_LATE_MINUTES;

const bytes = new ByteReader(given[0]);
const origins = byTraffic(countDelays(new JsonReader(bytes), lateMinutes));
bytes.close();
writeFile(given[1], delayTable(origins));
writeText(STDOUT, delaySummary(origins, lateMinutes));
