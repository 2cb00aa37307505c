import type { Message } from "@gadus/protocol";
import type { Transport, TransportEvents } from "@gadus/transport";
import type { Incarnation } from "./incarnation.ts";

/** What becomes of each message that a node sends: nothing for undefined. */
export type Outgoing = (to: string, message: Message) => Message | undefined;

/** `transport` for one life of a node: its listeners end with it, and what it sends passes `outgoing`. */
export function lendTransport(transport: Transport, life: Incarnation, outgoing: Outgoing): Transport {
  const lent = life.lend(transport);
  return {
    identity: transport.identity,
    addresses: () => lent.addresses(),
    peers: () => lent.peers(),
    start: () => lent.start(),
    stop: () => lent.stop(),
    announce: (announcement) => lent.announce(announcement),
    publishJobEvents: (events) => lent.publishJobEvents(events),
    dial: (address, options) => lent.dial(address, options),
    openLogs: (to, request, options) => lent.openLogs(to, request, options),
    serveLogs: (handler) => transport.serveLogs(handler),
    async send(to, message, options) {
      const said = outgoing(to, message);
      if (said !== undefined) await lent.send(to, said, options);
    },
    on: (events) => transport.on(guarded(events, life)),
  };
}

function guarded(events: Partial<TransportEvents>, life: Incarnation): Partial<TransportEvents> {
  const { message, connected, disconnected, announcement, jobEvent } = events;
  return {
    ...(message && { message: life.whileAlive(message) }),
    ...(connected && { connected: life.whileAlive(connected) }),
    ...(disconnected && { disconnected: life.whileAlive(disconnected) }),
    ...(announcement && { announcement: life.whileAlive(announcement) }),
    ...(jobEvent && { jobEvent: life.whileAlive(jobEvent) }),
  };
}
