import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface DropOptions {
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Whose logs are asked for; absent: nobody's. */
  readonly jobId: string | undefined;
}

const MAX_OPEN_MS = 1000;

/** Begins a request of some kind to the API at `url`, and resets the connection at some moment after. */
export async function dropConnection(url: string, { random, jobId }: DropOptions): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const requests = [
    `GET /api/v1/orchestrator/jobs?namespace=*&limit=1000 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET /api/v1/orchestrator/events HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`,
    // Half a job.
    `PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4000\r\n\r\n{"Job": {"Type"`,
    ...(jobId === undefined ? [] : [upgradeRequest(host, jobId)]),
  ];
  const socket = connect({ host: hostname, port: Number(port) });
  // What becomes of it doesn't matter: it is dropped.
  socket.on("error", () => {});
  socket.write(requests[Math.floor(random() * requests.length)] ?? "");
  await delay(random() * MAX_OPEN_MS);
  socket.resetAndDestroy();
}

function upgradeRequest(host: string, jobId: string): string {
  const lines = [
    `GET /api/v1/orchestrator/jobs/${jobId}/logs?follow=true HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
