import type { Clock } from "@gadus/protocol";
import type { ConnectionGater } from "@libp2p/interface";

/** Offences within {@link OFFENCE_WINDOW_MS} after which a peer is denied. */
export const MAX_OFFENCES = 3;
export const OFFENCE_WINDOW_MS = 600_000;
/** How long a denied peer stays denied. */
export const DENIAL_MS = 600_000;
/** Offenders that are remembered; the one that offended the longest ago is forgotten first. */
const MAX_OFFENDERS = 4096;

/** Decides which peers may be connected. */
export interface PeerGate {
  admits(peerId: string): boolean;
  /** Writes down that `peerId` broke the protocol; answers whether it is denied from now on. */
  offend(peerId: string): boolean;
  /** The same decisions in libp2p's terms. */
  readonly gater: ConnectionGater;
}

export interface PeerGateOptions {
  readonly clock: Clock;
  /** The only peer ids that may be connected. @default any */
  readonly allow?: readonly string[] | undefined;
}

/** A gate that knows an allow-list and denies repeated offenders for a while. */
export function createPeerGate({ clock, allow }: PeerGateOptions): PeerGate {
  const allowed = allow === undefined ? undefined : new Set(allow);
  const offencesMs = new Map<string, readonly number[]>();
  const deniedUntilMs = new Map<string, number>();

  function admits(peerId: string): boolean {
    if (allowed !== undefined && !allowed.has(peerId)) return false;
    const untilMs = deniedUntilMs.get(peerId);
    if (untilMs === undefined || untilMs > clock.nowMs()) return untilMs === undefined;
    deniedUntilMs.delete(peerId);
    return true;
  }

  return {
    admits,
    offend(peerId) {
      const nowMs = clock.nowMs();
      const recent = (offencesMs.get(peerId) ?? []).filter((atMs) => atMs > nowMs - OFFENCE_WINDOW_MS);
      offencesMs.delete(peerId);
      if (recent.length + 1 >= MAX_OFFENCES) {
        remember(deniedUntilMs, peerId, nowMs + DENIAL_MS);
        return true;
      }
      remember(offencesMs, peerId, [...recent, nowMs]);
      return false;
    },
    gater: {
      denyDialPeer: (peerId) => !admits(peerId.toString()),
      denyInboundEncryptedConnection: (peerId) => !admits(peerId.toString()),
      denyOutboundEncryptedConnection: (peerId) => !admits(peerId.toString()),
    },
  };
}

function remember<T>(map: Map<string, T>, peerId: string, value: T): void {
  map.delete(peerId);
  const [oldest] = map.keys();
  if (map.size >= MAX_OFFENDERS && oldest !== undefined) map.delete(oldest);
  map.set(peerId, value);
}
