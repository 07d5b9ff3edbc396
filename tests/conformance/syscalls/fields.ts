import { recordBytes, text } from "./bytes.ts";
import { numberOf, objectOf, textOf } from "./forms/form.ts";
import type { Player, StepResult } from "./player.ts";
import { isError } from "./results.ts";
import type { Arg, Step } from "./scenario.ts";
import { recordErrno } from "./words.ts";

const AT_FDCWD = -100;
const CHUNK_BYTES = 4096;

/** Fields of `/proc/PID/status` and numbers of those of `/proc/PID/stat` that are pids. */
const PID_NAMES: readonly string[] = ["Tgid", "Ngid", "Pid", "PPid", "TracerPid"];
const PID_NUMBERS: readonly number[] = [1, 4, 5, 6, 8];

/** The process opens, reads and closes a file of procfs; the wanted parts of it are recorded. */
export function recordFields(player: Player, step: Step): StepResult {
  const [path, wanted] = step.args ?? [];
  const bytes = readWhole(player, step, textOf(path));
  if (!(bytes instanceof Uint8Array)) return bytes;
  const out: Record<string, unknown> = {};
  for (const want of wanted as readonly Arg[]) {
    const [key, value] = fieldOf(player, step, bytes, want);
    out[key] = value;
  }
  return { out };
}

function readWhole(player: Player, step: Step, path: string): Uint8Array | StepResult {
  const name = Buffer.from(`${path}\0`, "utf8");
  const agent = player.agentOf(step.p);
  const pathname = agent.alloc(name.length);
  agent.write(pathname, name);
  const fd = player.call(step, "openat", [AT_FDCWD, pathname, 0, 0]);
  if (typeof fd !== "number") return fd;
  if (isError(fd)) return { err: recordErrno(-fd) };
  const chunks: Uint8Array[] = [];
  const buffer = player.agentOf(step.p).alloc(CHUNK_BYTES);
  for (;;) {
    const count = player.call(step, "read", [fd, buffer, CHUNK_BYTES]);
    if (typeof count !== "number") return count;
    if (count <= 0) {
      const closed = player.call(step, "close", [fd]);
      if (typeof closed !== "number") return closed;
      return isError(count) ? { err: recordErrno(-count) } : Buffer.concat(chunks);
    }
    chunks.push(agent.read(buffer, count).slice());
  }
}

function fieldOf(player: Player, step: Step, bytes: Uint8Array, want: Arg): [string, unknown] {
  if (want === "*") return ["*", recordBytes(bytes)];
  if (typeof want === "string") return [want, namedField(player, text(bytes), want)];
  if (typeof want === "number") return [String(want), statField(player, text(bytes), want)];
  const address = numberOf(player.arguments(player.agentOf(step.p)), objectOf(want)["map"]);
  return ["map", mapHolding(text(bytes), address)];
}

/**
 * The rest of a line behind its name, white space squeezed. As in the recordings, an empty rest
 * runs on into the next line: a process without groups has "NStgid: 2" in "Groups".
 */
function namedField(player: Player, file: string, name: string): unknown {
  const [, rest] = new RegExp(`^${name}:\\s*(.*)$`, "m").exec(file) ?? [];
  if (rest === undefined) return null;
  const squeezed = rest.trim().replace(/\s+/g, " ");
  return PID_NAMES.includes(name) ? player.symbols.recordPid(Number(squeezed)) : squeezed;
}

function statField(player: Player, file: string, n: number): unknown {
  // The second field is the name in parentheses, which may itself hold blanks.
  const [, pid = "", comm = "", rest = ""] = /^(\d+) (\(.*\)) (.*)$/s.exec(file) ?? [];
  const value = [pid, comm, ...rest.trim().split(" ")][n - 1] ?? "";
  if (PID_NUMBERS.includes(n)) return player.symbols.recordPid(Number(value));
  return /^-?\d+$/.test(value) ? Number(value) : value;
}

/** The line of `/proc/PID/maps` that holds an address. */
function mapHolding(file: string, address: number): unknown {
  for (const line of file.split("\n")) {
    const found = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$/.exec(line);
    if (found === null) continue;
    const [, from = "", to = "", perms, off = "", path] = found;
    if (address < Number(`0x${from}`) || address >= Number(`0x${to}`)) continue;
    return { perms, off: Number(`0x${off}`), path };
  }
  return null;
}
