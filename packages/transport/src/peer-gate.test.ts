import { describe, expect, test } from "vitest";
import { createFakeClock } from "./fake-clock.ts";
import { createPeerGate, DENIAL_MS, MAX_OFFENCES, OFFENCE_WINDOW_MS } from "./peer-gate.ts";

describe("createPeerGate()", () => {
  test("admits only those on the allow-list, where there is one", () => {
    const clock = createFakeClock();
    expect(createPeerGate({ clock }).admits("a")).toBe(true);
    const gate = createPeerGate({ clock, allow: ["a"] });
    expect([gate.admits("a"), gate.admits("b")]).toEqual([true, false]);
    expect(createPeerGate({ clock, allow: [] }).admits("a")).toBe(false);
  });

  test("denies a peer at its last offence within the window, and for a while only", async () => {
    const clock = createFakeClock();
    const gate = createPeerGate({ clock });
    const answers = Array.from({ length: MAX_OFFENCES }, () => gate.offend("a"));
    expect(answers).toEqual([false, false, true]);
    expect([gate.admits("a"), gate.admits("b")]).toEqual([false, true]);
    await clock.pass(DENIAL_MS);
    expect(gate.admits("a")).toBe(true);
    expect(gate.offend("a")).toBe(false);
  });

  test("forgives offences that are older than the window", async () => {
    const clock = createFakeClock();
    const gate = createPeerGate({ clock });
    for (let times = 0; times < 3 * MAX_OFFENCES; times++) {
      expect(gate.offend("a")).toBe(false);
      await clock.pass(OFFENCE_WINDOW_MS / (MAX_OFFENCES - 1));
    }
    expect(gate.admits("a")).toBe(true);
  });
});
