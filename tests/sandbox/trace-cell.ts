import { randomProgram } from "../conformance/random-program.ts";

const SEEDS = [1, 5, 9, 14, 23];

/**
 * The text of a cell that runs some random programs of several processes, each on a machine of its own, and
 * answers a digest (FNV-1a) of all that their kernels recorded. It needs nothing but `boot`.
 */
export const TRACE_CELL = `
${randomProgram.toString().replaceAll("export ", "")}
function digestOf(seed) {
  const machine = boot({ seed, cpus: 1 + (seed % 3) });
  machine.install("/bin/worker", randomProgram(seed, 10));
  machine.spawn(randomProgram(seed, 80));
  machine.runUntilIdle();
  let hash = 0x811c9dc5;
  const events = machine.trace.events();
  for (const event of events) {
    const text = JSON.stringify(event, (_key, value) => typeof value === "bigint" ? String(value) : value);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return events.length + ":" + machine.now() + ":" + (hash >>> 0).toString(16);
}
// A program of its own, so that the kernel is there: function* (sys) { … }
[${SEEDS.join(", ")}].map(digestOf).join(" ")
`;
