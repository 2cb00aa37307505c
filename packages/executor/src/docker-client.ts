import type { IncomingMessage } from "node:http";
import { callbackify } from "node:util";
import Docker from "dockerode";

/** What a call of the engine's API comes to. */
type Answered = (error: unknown, answer?: unknown) => void;

interface DialOptions {
  readonly isStream?: boolean;
  readonly hijack?: boolean;
  readonly openStdin?: boolean;
}

interface Modem {
  dial(options: DialOptions, callback: Answered): void;
}

/** No answer that is read whole is longer: what a container printed is the longest. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * A client of the engine at `host`: the path of a Unix socket, `unix://…`, `tcp://host:port` or `http://host:port`.
 *
 * A call whose connection breaks in the middle of its answer rejects. Dockerode's own never settles: it waits for the
 * answer's end alone (docker-modem 5).
 */
export function connectDocker(host: string): Docker {
  const docker = open(host);
  const modem = docker.modem as Modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    if (options.isStream === true || options.hijack === true || options.openStdin === true) {
      dial(options, callback);
      return;
    }
    dial({ ...options, isStream: true }, (error, answer) => {
      if (error !== null && error !== undefined) callback(error);
      else callbackify(readWhole)(answer as IncomingMessage, callback);
    });
  };
  return docker;
}

function open(host: string): Docker {
  if (host.startsWith("/")) return new Docker({ socketPath: host });
  if (host.startsWith("unix://")) return new Docker({ socketPath: host.slice("unix://".length) });
  const url = new URL(host.replace(/^tcp:/, "http:"));
  return new Docker({ protocol: "http", host: url.hostname, port: url.port || "2375" });
}

/** An answer's JSON, or its bytes where it is none. */
async function readWhole(answer: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES)
      throw new Error(`The engine answered with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch {
    return bytes;
  }
}
