// Sums a column of a CSV file, and writes the sum and the mean.
// Usage: sum-column FILE COLUMN RESULT
import { fail, programArguments, readFile, writeFile } from "./wasi";

const given = programArguments();
if (given.length !== 3) fail("usage: sum-column FILE COLUMN RESULT");
const lines = readFile(given[0]).split("\n").filter((line) => line.length > 0);
const column = lines[0].split(",").indexOf(given[1]);
if (column < 0) fail("There is no column " + given[1] + " in " + given[0]);
let sum: f64 = 0;
for (let i = 1; i < lines.length; i++) sum += parseFloat(lines[i].split(",")[column]);
writeFile(given[2], "sum " + sum.toString() + "\nmean " + (sum / (lines.length - 1)).toString() + "\n");
