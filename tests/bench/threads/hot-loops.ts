/** The simulator's hot loops, timed in a thread with or without the lockdown. */

import { parentPort, workerData } from "node:worker_threads";
import { boot, bpf, recordings } from "#kernel-sim";
import { openKernel } from "../../../notebook/runtime/kernel.ts";

if ((workerData as { readonly locked: boolean }).locked) openKernel({});

const machine = boot({ seed: 1 });
const counts = machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 1024 });
const loop = bpf.asm`
    r0 = 0
    r1 = 0
  again:
    r0 += r1
    r0 ^= 7
    *(u64 *)(r10 -8) = r0
    r2 = *(u64 *)(r10 -8)
    r0 += r2
    r1 += 1
    if r1 < 2000 goto again
    exit
`;
const looping = machine.bpf.mustLoad({ type: "socket_filter", program: loop });
const counting = machine.bpf.mustLoad({
  type: "tracepoint",
  program: bpf.asm`
    *(u32 *)(r10 -4) = 3
    r1 = map[counts]
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = 1
    lock *(u64 *)(r0 +0) += r1
  out:
    r0 = 0
    exit
  `,
  maps: { counts },
});
counts.update(3, 0n);
counting.attach("sched:sched_switch");
const packet = new Uint8Array(64);

/** Each takes some tens of milliseconds. */
const LOOPS: Readonly<Record<string, () => void>> = {
  interpreter: () => {
    looping.run({ dataIn: packet, repeat: 50 });
  },
  replay: () => {
    for (let round = 0; round < 10; round++) machine.replay(recordings.second);
  },
  map: () => {
    for (let key = 0; key < 10_000; key++) counts.update(key & 511, key);
    for (let key = 0; key < 10_000; key++) counts.lookupUint(key & 511);
  },
  assembler: () => {
    for (let round = 0; round < 100; round++) bpf.asm`r0 = 1; r1 = r0; r0 += r1; exit`.text();
  },
};

parentPort?.on("message", (name: string) => {
  const began = performance.now();
  LOOPS[name]?.();
  parentPort?.postMessage(performance.now() - began);
});
parentPort?.postMessage(Object.keys(LOOPS));
