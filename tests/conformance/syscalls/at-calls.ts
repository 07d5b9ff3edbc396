import { recordBytes } from "./bytes.ts";
import { recordFields } from "./fields.ts";
import { ownBytes } from "./forms/buffers.ts";
import { numberOf } from "./forms/form.ts";
import { type Player, StepRefused, type StepResult } from "./player.ts";
import type { Outcome } from "./port.ts";
import { isError } from "./results.ts";
import type { Step } from "./scenario.ts";
import { recordTakenSignal } from "./taken-signal.ts";
import { URING_CALLS } from "./uring.ts";
import { recordErrno, recordSignal } from "./words.ts";

type AtCall = (player: Player, step: Step) => StepResult;

const SIGCHLD = 17;

/** The calls that are no system calls, by their names. */
export const AT_CALLS: Readonly<Record<string, AtCall>> = {
  "@fork": fork,
  "@join": (player, step) => player.join(step),
  "@peek": peek,
  "@poke": poke,
  "@add": add,
  "@siglog": siglog,
  "@state": (player, { p }) => ({ state: player.agentOf(p).state() }),
  "@end": end,
  "@fields": recordFields,
  ...URING_CALLS,
};

function fork(player: Player, step: Step): StepResult {
  const parent = player.agentOf(step.p);
  const nr = player.constants.callNumber("clone") ?? 0;
  const [flags] = player.arguments(parent).encodeAll(step.args ?? []);
  const args = [Number(flags?.value ?? 0) | SIGCHLD, 0, 0, 0, 0];
  const result = player.perform(step, parent, { kind: "syscall", nr, args }, (outcome) => {
    nameChild(player, step);
    const ret = outcome.kind === "returned" ? outcome.ret : 0;
    return isError(ret) ? { err: recordErrno(-ret) } : { ret: player.symbols.recordPid(ret) };
  });
  // With CLONE_VFORK the child takes steps while its parent still waits.
  nameChild(player, step);
  return result;
}

function nameChild(player: Player, { p, as }: Step): void {
  const child = player.agentOf(p).takeChildren().at(-1);
  if (child !== undefined && as !== undefined) player.add(as, child);
}

function peek(player: Player, step: Step): StepResult {
  const agent = player.agentOf(step.p);
  const [address = 0, bytes = 0] = numbers(player, step);
  return player.perform(step, agent, { kind: "load", address, bytes }, (outcome) =>
    outcome.kind === "loaded" ? { data: recordBytes(outcome.bytes) } : faultOf(outcome, address),
  );
}

function poke(player: Player, step: Step): StepResult {
  const agent = player.agentOf(step.p);
  const target = player.arguments(agent);
  const [where = 0, what] = step.args ?? [];
  const address = numberOf(target, where);
  const bytes = ownBytes(target, what as Parameters<typeof ownBytes>[1]) ?? new Uint8Array();
  const raw = step.raw === true;
  return player.perform(step, agent, { kind: "store", address, bytes, raw }, (outcome) =>
    outcome.kind === "stored" ? { ok: true } : faultOf(outcome, address),
  );
}

function add(player: Player, step: Step): StepResult {
  const agent = player.agentOf(step.p);
  const [address = 0, value = 0] = numbers(player, step);
  return player.perform(step, agent, { kind: "add", address, value }, (outcome) =>
    outcome.kind === "returned" ? { ret: outcome.ret } : faultOf(outcome, address),
  );
}

function numbers(player: Player, step: Step): number[] {
  const target = player.arguments(player.agentOf(step.p));
  return target.encodeAll(step.args ?? []).map(({ value }) => Number(value));
}

function faultOf(outcome: Outcome, address: number): StepResult {
  if (outcome.kind !== "faulted") throw new Error(`a load or store ended with ${outcome.kind}`);
  const { fault, code, at } = outcome.fault;
  // An address is unsigned where the processor reports it, and signed in an argument.
  return { fault, code, at: address < 0 ? 2 ** 64 + at : at };
}

function siglog(player: Player, { p }: Step): StepResult {
  const taken = player.agentOf(p).takeSignals();
  return { log: taken.map((signal) => recordTakenSignal(player, signal)) };
}

function end(player: Player, { p }: Step): StepResult {
  const pid = player.symbols.pidOf(p);
  if (pid === undefined) throw new StepRefused(`no process is called "${p}"`);
  const seen = player.world.endOf(pid);
  if (seen === undefined) return { exited: null };
  return seen.kind === "exited" ? { exited: seen.code } : { signaled: recordSignal(seen.signo) };
}
