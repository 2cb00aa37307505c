// The smallest job: it greets whoever its first argument names.
import { print, programArguments } from "./wasi";

const names = programArguments();
print("Hello, " + (names.length > 0 ? names[0] : "world") + "!");
