import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFields } from "@gadus/protocol";

/** What goes on for one request, however deep. */
export interface RequestScope {
  readonly requestId: string;
  /** Set once it is answered: what it set going may go on for long, and is the request's no more. */
  answered: boolean;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Calls `act`, which with all that comes of it is within `scope`. */
export function within(scope: RequestScope, act: () => void): void {
  scopes.run(scope, act);
}

/** What a line of the log says of the request that it belongs to. */
export function requestFields(): LogFields {
  const scope = scopes.getStore();
  return scope === undefined || scope.answered ? {} : { requestId: scope.requestId };
}
