import type { Insn } from "../../../../kernel-sim/api.ts";
import { toHex } from "../../bpf-verify.ts";
import type { Dice } from "./dice.ts";
import type { FuzzProgram } from "./fuzz-program.ts";
import { GADGETS } from "./gadgets.ts";
import { type FuzzedType, Generator, MAPS } from "./generator.ts";
import { mutated } from "./mutate.ts";
import { PACKET_GADGETS } from "./packet-gadgets.ts";

const ALL_GADGETS = [...GADGETS, ...PACKET_GADGETS];

const TEST_STATE_FREQ = 8;
const STRICT_ALIGNMENT = 1;

/** A random program near what the verifier can prove. */
export function generated(dice: Dice): FuzzProgram {
  const progType = dice.pick<FuzzedType>(["xdp", "xdp", "sched_cls", "sched_cls", "socket_filter"]);
  const insns = randomInsns(dice, progType);
  const isMutated = dice.percent(20);
  return {
    note: isMutated ? "generated, then changed" : "generated",
    progType,
    insns: isMutated ? mutated(insns, dice, []) : insns,
    maps: randomMaps(dice),
    flags: (dice.percent(25) ? TEST_STATE_FREQ : 0) | (dice.percent(3) ? STRICT_ALIGNMENT : 0),
    logLevel: randomLogLevel(dice),
    runs: randomRuns(dice),
  };
}

export function randomLogLevel(dice: Dice): number {
  return dice.weighted([
    [55, 2],
    [35, 1],
    [10, 6],
  ]);
}

function randomInsns(dice: Dice, type: FuzzedType): readonly Insn[] {
  const g = new Generator(dice, type, ALL_GADGETS);
  const { code } = g;
  g.begin(["ctx"]);
  steps(g, dice.between(2, 11));
  g.end();
  for (let i = 0; i < g.pending.length; i++) {
    const { label, args, depth } = g.pending[i] as (typeof g.pending)[number];
    code.place(label);
    g.depth = depth;
    g.begin(args);
    steps(g, dice.between(1, 5));
    g.end();
  }
  return code.finish();
}

function steps(g: Generator, count: number): void {
  for (let i = 0; i < count; i++) g.step();
}

function randomMaps(dice: Dice): FuzzProgram["maps"] {
  return MAPS.map((map) => ({
    ...map,
    init: Array.from({ length: Math.min(map.max_entries, 3) }, (_, key) => ({
      key: toHex(Uint8Array.of(key, 0, 0, 0)),
      value: toHex(dice.bytes(map.value_size)),
    })),
  }));
}

function randomRuns(dice: Dice): FuzzProgram["runs"] {
  return Array.from({ length: 2 }, () => {
    const packet = dice.bytes(dice.pick([14, 15, 34, 54, 60, 64, 120]));
    if (packet.length > 14 && dice.percent(60)) packet.set([8, 0, 0x45], 12);
    return { data_in: toHex(packet) };
  });
}
