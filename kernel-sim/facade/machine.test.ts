import { describe, expect, test } from "vitest";
import { boot, bpf, constants, kernelPrototypes, type Machine, recordings } from "../index.ts";

const COUNT = bpf.asm`
  r1 = map_value[hits]+0
  r0 = 1
  lock *(u64 *)(r1 +0) += r0
  exit
`;

function counting(machine: Machine, tracepoint: string) {
  const hits = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const prog = machine.bpf.mustLoad({ type: "tracepoint", program: COUNT, maps: { hits } });
  return { hits, link: prog.attach(tracepoint) };
}

describe("replaying a recording", () => {
  test("runs the program once for each event of its tracepoint", () => {
    const machine = boot();
    const { hits, link } = counting(machine, "sched:sched_switch");
    const expected = recordings.second.events.filter((e) => e.name === "sched:sched_switch").length;
    expect(machine.replay(recordings.second)).toBe(recordings.second.events.length);
    expect(expected).toBeGreaterThan(50);
    expect([link.runs, Number(hits.lookupUint(0))]).toEqual([expected, expected]);
    expect(machine.trace.count("sched:sched_switch")).toBe(expected);
  });

  test("gives the program the fields of the event, at their places in Linux", () => {
    const machine = boot();
    const pids = machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 64 });
    const program = bpf.asm`
      r2 = *(u32 *)(r1 +56)             ; next_pid
      *(u32 *)(r10 -4) = r2
      *(u64 *)(r10 -16) = 1
      r1 = map[pids]
      r2 = r10
      r2 += -4
      r3 = r10
      r3 += -16
      r4 = 0
      call bpf_map_update_elem
      r0 = 0
      exit
    `;
    machine.bpf
      .mustLoad({ type: "tracepoint", program, maps: { pids } })
      .attach("sched:sched_switch");
    machine.replay(recordings.second);
    const switched = recordings.second.events.filter((e) => e.name === "sched:sched_switch");
    const expected = new Set(switched.map((event) => event.fields["next_pid"]));
    expect(pids.entries().length).toBe(expected.size);
    for (const pid of expected) expect(pids.lookupUint(Number(pid))).toBe(1n);
  });

  test("does nothing more after a link was detached", () => {
    const machine = boot();
    const { link } = counting(machine, "sched:sched_wakeup");
    link.detach();
    machine.replay(recordings.second);
    expect(link.runs).toBe(0);
  });

  test("of an unknown tracepoint or with another program type is an error", () => {
    const machine = boot();
    const prog = machine.bpf.mustLoad({ type: "tracepoint", program: bpf.asm("r0 = 0; exit") });
    expect(() => prog.attach("sched:no_such")).toThrow(/there is no "sched:no_such"/);
    const xdp = machine.bpf.mustLoad({ type: "xdp", program: bpf.asm("r0 = 2; exit") });
    expect(() => xdp.attach("sched:sched_switch")).toThrow(/there is no device "sched:/);
    const wide = bpf.asm("r0 = *(u32 *)(r1 +64); exit");
    const reader = machine.bpf.mustLoad({ type: "tracepoint", program: wide });
    expect(() => reader.attach("sched:sched_switch")).toThrow(
      /reads more than "sched:sched_switch"/,
    );
  });
});

test("two machines share nothing: interleaved runs equal separate ones", () => {
  const random = bpf.asm("call bpf_get_prandom_u32\nexit");
  const play = (machine: Machine) => {
    const prog = machine.bpf.mustLoad({ type: "xdp", program: random });
    return () => prog.run({ dataIn: new Uint8Array(64) }).retval;
  };
  const alone = [1, 2].map((seed) => {
    const next = play(boot({ seed }));
    return [next(), next(), next()];
  });
  const [first, second] = [play(boot({ seed: 1 })), play(boot({ seed: 2 }))];
  const interleaved = [first(), second(), second(), first(), first(), second()];
  expect(interleaved).toEqual([
    alone[0]?.[0],
    alone[1]?.[0],
    alone[1]?.[1],
    alone[0]?.[1],
    alone[0]?.[2],
    alone[1]?.[2],
  ]);
  expect(alone[0]).not.toEqual(alone[1]);
});

test("the same seed gives the same trace", () => {
  const trace = () => {
    const machine = boot({ seed: 7 });
    counting(machine, "sched:sched_wakeup");
    machine.replay(recordings.second);
    return machine.trace.events();
  };
  expect(trace()).toEqual(trace());
});

test("a thousand machines without BPF live side by side", () => {
  const machines = Array.from({ length: 1000 }, (_, seed) => boot({ seed }));
  expect(new Set(machines.map((machine) => machine.seed)).size).toBe(1000);
});

test("a closed machine answers every call with an error that says so", () => {
  const machine = boot();
  const map = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  machine.close();
  expect(() => map.lookup(0)).toThrow(/closed/);
  expect(() => machine.trace.length).toThrow(/closed/);
  expect(() => machine.replay(recordings.second)).toThrow(/closed/);
});

test.each([
  [{ cpus: 0 }, /1 to 64/],
  [{ cpus: 65 }, /1 to 64/],
  [{ seed: 0.5 }, /whole number/],
])("boot(%o) is refused", (options, error) => {
  expect(() => boot(options)).toThrow(error);
});

/** Every object that can be reached from `start` by properties, prototypes left out. */
function reachable(start: unknown, seen = new Set<object>()): Set<object> {
  if ((typeof start !== "object" || start === null) && typeof start !== "function") return seen;
  if (seen.has(start)) return seen;
  seen.add(start);
  if (ArrayBuffer.isView(start)) return seen;
  for (const property of Object.values(Object.getOwnPropertyDescriptors(start))) {
    for (const part of [property.value, property.get, property.set]) reachable(part, seen);
  }
  return seen;
}

test("what a cell can reach is frozen, and no class of the kernel is among it", () => {
  const machine = boot();
  const hits = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const loaded = machine.bpf.load({ type: "tracepoint", program: COUNT, maps: { hits } });
  if (!loaded.ok) throw new Error(loaded.error);
  const link = loaded.prog.attach("sched:sched_switch");
  machine.replay(recordings.second);
  let refusal: unknown;
  try {
    machine.bpf.createMap({ type: "array", keySize: 1, valueSize: 1, maxEntries: 1 });
  } catch (error) {
    refusal = error;
  }
  const roots = [boot, bpf, constants, recordings, machine, hits, loaded, link, COUNT, refusal];
  roots.push(hits.entries(), machine.trace.events(), loaded.prog.run());
  // `harden()` freezes functions and the prototypes they carry; data must come frozen.
  const isOfFunction = (object: object) => Object.hasOwn(object, "constructor");
  const loose = roots
    .flatMap((root) => [...reachable(root)])
    .filter((object) => typeof object === "object" && !ArrayBuffer.isView(object))
    .filter((object) => !isOfFunction(object) && !Object.isFrozen(object));
  expect(loose).toEqual([]);
  const prototypes = new Set(kernelPrototypes());
  const escaped = roots
    .flatMap((root) => [...reachable(root)])
    .filter((object) => prototypes.has(Object.getPrototypeOf(object)));
  expect(escaped).toEqual([]);
});
