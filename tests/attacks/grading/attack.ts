import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { GradingResult } from "#notebook/document";
import { exerciseVersionOf } from "#server/course";
import { grade } from "../../../server/grading/grade.ts";
import { SandboxPool } from "../../../server/grading/sandbox/pool.ts";
import { fixtureFolder } from "../../grading.ts";

/** The exercise that every attack goes for: two honest points, and one for a reported breach. */
export const attacked = await exerciseVersionOf(fixtureFolder("attacked"));

/** Right answers, so that an attack can be put beside them. */
export const HONEST = `
export const sum = (a, b) => a + b;
export const reverse = (bytes) => bytes.slice().reverse();
`;

export const CANARY = /CANARY-/;

const folder = mkdtempSync(join(tmpdir(), "kernelbook-attack-"));
const pools: SandboxPool[] = [];

afterAll(() => {
  for (const pool of pools) pool.close();
  rmSync(folder, { recursive: true, force: true });
});

export interface Attack {
  /** Raised or lowered for one attack. */
  readonly limits?: Partial<(typeof attacked)["manifest"]["limits"]>;
  /** Another program in the player's place: the Compartment is off, and everything around it. */
  readonly playerScript?: string;
}

const shared = poolWith(undefined);

/** Grades a hostile submission in the real sandboxes. */
export function attack(
  source: string,
  { limits = {}, playerScript }: Attack = {},
): Promise<GradingResult> {
  const manifest = { ...attacked.manifest, limits: { ...attacked.manifest.limits, ...limits } };
  const pool = playerScript === undefined ? shared : poolWith(playerScript);
  return grade(pool, { ...attacked, manifest }, source, manifest.seeds);
}

function poolWith(playerScript: string | undefined): SandboxPool {
  const pool = new SandboxPool({ concurrency: 1, ...(playerScript && { playerScript }) });
  pools.push(pool);
  return pool;
}

/** The ids of tests that gave points. */
export function earned({ tests }: GradingResult): string[] {
  return tests.filter(({ points }) => points > 0).map(({ id }) => id);
}

let files = 0;

/** Writes a hostile program that takes the player's place in its sandbox. */
export function hostilePlayer(onFrame: string): string {
  const file = join(folder, `player-${files++}.js`);
  writeFileSync(file, `${WIRE}\n${onFrame}\n${LOOP}`);
  return file;
}

/** The wire format, written anew by somebody who has read ours. */
const WIRE = `
const encoder = new TextEncoder();
const write = (bytes) => { while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes)); };
const frame = (kind, text) => {
  const body = encoder.encode(text);
  const bytes = new Uint8Array(5 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes[4] = kind.charCodeAt(0);
  bytes.set(body, 5);
  return bytes;
};
const send = (kind, text) => write(frame(kind, text));
const o = (entries) => ({ o: Object.entries(entries).flat() });
const LOADED = JSON.stringify(o({ kind: "loaded", exports: ["sum", "reverse", "breach"] }));
const calls = (...values) =>
  JSON.stringify(o({ kind: "calls", outcomes: values.map((value) => o({ kind: "returned", value })) }));
/** What an honest player answers to a question about sum and reverse. */
const honest = (question) => {
  const ask = question.o[question.o.indexOf("ask") + 1].o;
  const [name, [args]] = [ask[3], ask[5]];
  if (name === "sum") return calls(args[0] + args[1]);
  if (name === "reverse") return calls({ b: btoa([...atob(args[0].b)].reverse().join("")) });
  return calls(false);
};
`;

const LOOP = `
send("R", "");
let input = new Uint8Array();
const buffer = new Uint8Array(65536);
for (;;) {
  const length = await Deno.stdin.read(buffer);
  if (length === null) Deno.exit(0);
  const joined = new Uint8Array(input.length + length);
  joined.set(input);
  joined.set(buffer.subarray(0, length), input.length);
  input = joined;
  while (input.length >= 5) {
    const size = new DataView(input.buffer, input.byteOffset).getUint32(0);
    if (input.length < 5 + size) break;
    const text = new TextDecoder().decode(input.subarray(5, 5 + size));
    const kind = String.fromCharCode(input[4]);
    input = input.slice(5 + size);
    await onFrame(kind, text);
  }
}
`;

/**
 * The control for attacks on the realm: a player without Compartment and lockdown, which evaluates
 * the same submission as ordinary code, with whatever is lying around.
 */
export const BARE_PLAYER = hostilePlayer(`
let module = {};
const onFrame = async (kind, text) => {
  if (kind === "L") {
    const body = text.replaceAll(/export const (\\w+)/g, "exports.$1");
    new Function("exports", body)(module);
    return send("A", LOADED);
  }
  const question = JSON.parse(text);
  const ask = question.o[question.o.indexOf("ask") + 1].o;
  if (ask[3] !== "breach") return send("A", honest(question));
  let found = false;
  try { found = (await module.breach()) === true; } catch {}
  send("A", calls(found));
};
`);
