#!/usr/bin/env node
import { runGadus } from "./program.ts";

process.exitCode = await runGadus(process.argv.slice(2));
