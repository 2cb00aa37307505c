import { z } from "zod";
import { operation } from "./api-operation.ts";
import { EXAMPLE } from "./job-answer.ts";
import { EXAMPLE_NODE_INFO, EXAMPLE_VERSION, nodeInfoSchema, versionAnswerSchema } from "./node-answer.ts";

const AGENT = "/api/v1/agent";

export const isAlive = operation({
  operationId: "isAlive",
  methods: ["GET"],
  url: `${AGENT}/alive`,
  tag: "agent",
  summary: "Tell that the node lives",
  description: "Answers as soon as the API is there.",
  answers: {
    200: {
      description: "It does.",
      schema: z.strictObject({ Status: z.literal("OK") }),
      example: { Status: "OK" },
    },
  },
  errors: [],
});

export const readVersion = operation({
  operationId: "readVersion",
  methods: ["GET"],
  url: `${AGENT}/version`,
  tag: "agent",
  summary: "Tell the node's version",
  description: "The version of the program that the node runs.",
  answers: { 200: { description: "The version.", schema: versionAnswerSchema, example: EXAMPLE_VERSION } },
  errors: [],
});

export const describeAgent = operation({
  operationId: "describeAgent",
  methods: ["GET"],
  url: `${AGENT}/node`,
  tag: "agent",
  summary: "Describe this node",
  description: "What the node says of itself to others.",
  answers: { 200: { description: "The node.", schema: nodeInfoSchema, example: EXAMPLE_NODE_INFO } },
  errors: [],
});

export const readConfig = operation({
  operationId: "readConfig",
  methods: ["GET"],
  url: `${AGENT}/config`,
  tag: "agent",
  summary: "Read the node's settings",
  description: "The settings in effect, those of the configuration's reference; secrets are left out.",
  answers: {
    200: {
      description: "The settings.",
      schema: z.strictObject({ config: z.record(z.string(), z.unknown()) }),
      example: { config: { api: { port: 1234 }, network: { swarmKey: "<redacted>" } } },
    },
  },
  errors: [],
});

const debugSchema = z.strictObject({
  NodeID: z.string(),
  Version: z.string(),
  Roles: z.array(z.string()),
  Addresses: z.array(z.string()),
  Peers: z.array(z.strictObject({ NodeID: z.string(), Address: z.string() })),
  Process: z.strictObject({
    NodeVersion: z.string(),
    Platform: z.string(),
    UptimeSeconds: z.int().min(0),
    MemoryBytes: z.strictObject({ Resident: z.int(), Heap: z.int(), External: z.int() }),
  }),
});

export const debugAgent = operation({
  operationId: "debugAgent",
  methods: ["GET"],
  url: `${AGENT}/debug`,
  tag: "agent",
  summary: "Tell what helps to find out what is wrong",
  description: "Peers, addresses, roles and memory: nothing secret, and nothing of jobs.",
  answers: {
    200: {
      description: "What the node knows of itself just now.",
      schema: debugSchema,
      example: {
        NodeID: EXAMPLE.nodeId,
        Version: "0.1.0",
        Roles: ["requester"],
        Addresses: [`/ip4/192.0.2.1/tcp/1235/p2p/${EXAMPLE.nodeId}`],
        Peers: [],
        Process: {
          NodeVersion: "v24.21.0",
          Platform: "linux/x64",
          UptimeSeconds: 60,
          MemoryBytes: { Resident: 120000000, Heap: 40000000, External: 3000000 },
        },
      },
    },
  },
  errors: [],
});

export const readMetrics = operation({
  operationId: "readMetrics",
  methods: ["GET"],
  url: "/metrics",
  tag: "agent",
  summary: "Read metrics",
  description: "Counts and times of this node, for Prometheus.",
  answers: {
    200: {
      description: "The metrics, in Prometheus' text format.",
      mediaType: "text/plain",
      example:
        "# HELP gadus_requester_jobs Jobs that are not finished.\n# TYPE gadus_requester_jobs gauge\ngadus_requester_jobs 3\n",
    },
  },
  errors: [],
});
