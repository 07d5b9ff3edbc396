import { type FieldType, readBig, readInt, recordInt, writeInt } from "./bytes.ts";
import { intOf, objectOf, textOf } from "./forms/form.ts";
import { type Player, type Ring, StepRefused, type StepResult } from "./player.ts";
import type { Agent } from "./port.ts";
import { isError } from "./results.ts";
import type { Arg, Step } from "./scenario.ts";
import { recordErrno } from "./words.ts";

const PARAMS_BYTES = 120;
const SQE_BYTES = 64;
const CQE_BYTES = 16;
const SQ_OFF = 40;
const CQ_OFF = 80;
const MMAP_SQ_RING = 0;
const MMAP_CQ_RING = 0x8000000;
const MMAP_SQES = 0x10000000;
const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;

/** The calls with which scenarios use io_uring without a library. */
export const URING_CALLS: Readonly<Record<string, (player: Player, step: Step) => StepResult>> = {
  "@uring_setup": setup,
  "@uring_sqe": submit,
  "@uring_cqes": complete,
};

/** `io_uring_setup` and the three mappings; if one of them fails, nothing stays open. */
function setup(player: Player, step: Step): StepResult {
  const agent = player.agentOf(step.p);
  const [entries = 0, flags = 0, cqEntries = 0] = player
    .arguments(agent)
    .encodeAll(step.args ?? [])
    .map(({ value }) => Number(value));
  const params = new Uint8Array(PARAMS_BYTES);
  writeInt(params, 4, "u32", cqEntries);
  writeInt(params, 8, "u32", flags);
  const address = agent.alloc(PARAMS_BYTES);
  agent.write(address, params);
  const fd = player.call(step, "io_uring_setup", [entries, address]);
  if (typeof fd !== "number") return fd;
  player.save(step, fd);
  if (isError(fd)) return { err: recordErrno(-fd) };
  const after = agent.read(address, PARAMS_BYTES);
  const ring = mapRings(player, step, agent, fd, after);
  if (typeof ring === "number") {
    player.call(step, "close", [fd]);
    return { err: recordErrno(-ring) };
  }
  if (step.save !== undefined) player.rings.set(step.save, ring);
  const out = { sq_entries: readInt(after, 0, "u32"), cq_entries: readInt(after, 4, "u32") };
  return { ret: fd, out };
}

function mapRings(
  player: Player,
  step: Step,
  agent: Agent,
  fd: number,
  params: Uint8Array,
): Ring | number {
  const at = (offset: number) => readInt(params, offset, "u32");
  const sqEntries = at(0);
  const map = (bytes: number, offset: number) => {
    const args = [0, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset];
    const mapped = player.call(step, "mmap", args);
    return typeof mapped === "number" ? mapped : -1;
  };
  const sq = map(at(SQ_OFF + 24) + sqEntries * 4, MMAP_SQ_RING);
  if (isError(sq)) return sq;
  const cq = map(at(CQ_OFF + 20) + at(4) * CQE_BYTES, MMAP_CQ_RING);
  if (isError(cq)) return cq;
  const sqes = map(sqEntries * SQE_BYTES, MMAP_SQES);
  if (isError(sqes)) return sqes;
  return {
    agent,
    sqTail: sq + at(SQ_OFF + 4),
    sqMask: sqEntries - 1,
    sqArray: sq + at(SQ_OFF + 24),
    sqes,
    cqHead: cq + at(CQ_OFF),
    cqTail: cq + at(CQ_OFF + 4),
    cqMask: at(4) - 1,
    cqes: cq + at(CQ_OFF + 20),
  };
}

/** Puts one entry on the submission ring; no system call is made. */
function submit(player: Player, step: Step): StepResult {
  const [name, given] = step.args ?? [];
  const ring = ringOf(player, name);
  const target = player.arguments(player.agentOf(step.p), true);
  const fields = objectOf(given);
  const addr = target.encode(fields["addr"] ?? 0, "addr");
  const sqe = new Uint8Array(SQE_BYTES);
  const put = (at: number, type: FieldType, field: string, fallback = 0) =>
    writeInt(sqe, at, type, intOf(target, fields[field], fallback));
  put(0, "u8", "opcode");
  put(1, "u8", "flags");
  put(4, "s32", "fd", -1);
  put(8, "u64", "off");
  writeInt(sqe, 16, "u64", addr.value);
  put(24, "u32", "len", addr.size);
  put(28, "u32", "rw_flags");
  put(32, "u64", "user_data");
  put(40, "u16", "buf_index");
  const tail = readWord(ring.agent, ring.sqTail);
  const index = tail & ring.sqMask;
  ring.agent.write(ring.sqes + index * SQE_BYTES, sqe);
  writeWord(ring.agent, ring.sqArray + index * 4, index);
  writeWord(ring.agent, ring.sqTail, tail + 1);
  return { ok: true };
}

/** Takes all completions off the ring. */
function complete(player: Player, step: Step): StepResult {
  const [name, order] = step.args ?? [];
  const ring = ringOf(player, name);
  const tail = readWord(ring.agent, ring.cqTail);
  const taken: { user: bigint; cqe: StepResult }[] = [];
  for (let head = readWord(ring.agent, ring.cqHead); head !== tail; head = (head + 1) >>> 0) {
    const bytes = ring.agent.read(ring.cqes + (head & ring.cqMask) * CQE_BYTES, CQE_BYTES);
    const user = readBig(bytes, 0, "u64");
    const res = readInt(bytes, 8, "s32");
    const flags = readInt(bytes, 12, "u32");
    const result = isError(res) ? { err: recordErrno(-res) } : { res };
    const cqe = { user_data: recordInt(user), ...result, ...(flags === 0 ? {} : { flags }) };
    taken.push({ user, cqe });
  }
  writeWord(ring.agent, ring.cqHead, tail);
  if (order === "sorted") taken.sort((a, b) => Number(a.user > b.user) - Number(a.user < b.user));
  return { cqes: taken.map(({ cqe }) => cqe) };
}

function ringOf(player: Player, name: Arg | undefined): Ring {
  const ring = player.rings.get(textOf(name));
  if (ring === undefined) throw new StepRefused(`no ring is called "${textOf(name)}"`);
  return ring;
}

function readWord(agent: Agent, address: number): number {
  return readInt(agent.read(address, 4), 0, "u32");
}

function writeWord(agent: Agent, address: number, value: number): void {
  const bytes = new Uint8Array(4);
  writeInt(bytes, 0, "u32", value);
  agent.write(address, bytes);
}
