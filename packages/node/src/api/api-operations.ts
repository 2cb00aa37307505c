import * as agent from "./agent-operations.ts";
import type { Operation } from "./api-operation.ts";
import * as auth from "./auth-operations.ts";
import * as content from "./content-operations.ts";
import * as events from "./event-operations.ts";
import * as jobs from "./job-operations.ts";
import * as nodes from "./node-operations.ts";
import * as reference from "./reference-operations.ts";
import * as results from "./result-operations.ts";
import * as versions from "./version-operations.ts";

/** Every operation of the API, in the order of its reference. */
export const API_OPERATIONS: readonly Operation[] = [
  jobs.submitJob,
  jobs.listJobs,
  jobs.describeJob,
  jobs.stopJob,
  jobs.listExecutions,
  jobs.readHistory,
  jobs.explainPlacement,
  versions.listVersions,
  versions.diffJob,
  versions.rerunJob,
  results.listResults,
  results.downloadResults,
  results.followLogs,
  events.followEvents,
  nodes.listNodes,
  nodes.describeNode,
  nodes.decideNode,
  content.readContent,
  content.readPublished,
  content.uploadBlob,
  agent.isAlive,
  agent.readVersion,
  agent.describeAgent,
  agent.readConfig,
  agent.debugAgent,
  agent.readMetrics,
  auth.readAuthConfig,
  auth.listMethods,
  auth.readMethod,
  auth.logIn,
  auth.readSelf,
  auth.logOut,
  auth.listKeys,
  auth.createKey,
  auth.revokeKey,
  reference.readOpenApi,
  reference.browseDocs,
  reference.readDocsFile,
];
