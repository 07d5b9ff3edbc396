import { MNT_DETACH } from "../../include/uapi/mount.ts";
import { fromUtf8 } from "../marshal.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { formatTime } from "./calendar.ts";
import { fail, options, usage, writeAll } from "./io.ts";
import { names } from "./names.ts";
import { memoryKib, text } from "./process-table.ts";

const UTS_FIELD = 65;
const SYSLOG_ACTION_READ_ALL = 3;
const LOG_BYTES = 65_536;
const MS: Readonly<Record<string, number>> = {
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  remount: 32,
  noatime: 1024,
  bind: 4096,
};

/** uname [-asnrvmo] */
export const uname: Program = function* uname(sys, argv) {
  const { flags, wrong } = options(argv, "asnrvmpio");
  if (wrong !== undefined) return yield* usage(sys, "uname", wrong);
  const bytes = new Uint8Array(6 * UTS_FIELD);
  yield* sys.call("uname", bytes);
  const fields = [..."snrvm"].map((letter, i) => {
    const field = bytes.subarray(i * UTS_FIELD, (i + 1) * UTS_FIELD);
    return [letter, fromUtf8(field.subarray(0, field.indexOf(0)))] as const;
  });
  const wanted = flags.size === 0 ? "s" : flags.has("a") ? "snrvmo" : [...flags.keys()].join("");
  const shown = [...fields, ["o", "GNU/Linux"] as const].filter(([letter]) =>
    wanted.includes(letter),
  );
  yield* sys.write(1, `${shown.map(([, value]) => value).join(" ")}\n`);
  return 0;
};

/** uptime, as procps prints it. */
export const uptime: Program = function* uptime(sys) {
  yield* sys.write(1, ` ${yield* uptimeText(sys)}\n`);
  return 0;
};

/** The time, how long the machine has been up, and its load. */
export function* uptimeText(sys: Sys): SysCall<string> {
  const seconds = Math.floor(Number((yield* text(sys, "/proc/uptime")).split(" ")[0]));
  const loads = (yield* text(sys, "/proc/loadavg")).split(" ").slice(0, 3);
  const now = yield* sys.clock_gettime(0);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  const long = days > 0 ? `${days} ${days === 1 ? "day" : "days"}, ` : "";
  const short =
    hours > 0
      ? `${String(hours).padStart(2)}:${String(minutes).padStart(2, "0")}`
      : `${minutes} min`;
  return `${formatTime("%T", now)} up ${long}${short},  0 users,  load average: ${loads.join(", ")}`;
}

/** free [-bkm], as procps prints it. */
export const free: Program = function* free(sys, argv) {
  const { flags, wrong } = options(argv, "bkmh");
  if (wrong !== undefined) return yield* usage(sys, "free", wrong);
  const info = yield* text(sys, "/proc/meminfo");
  const unit = flags.has("b") ? 1 / 1024 : flags.has("m") ? 1024 : 1;
  const kib = (name: string) => memoryKib(info, name);
  const shown = (value: number) => String(Math.floor(value / unit)).padStart(12);
  const [total, available] = [kib("MemTotal"), kib("MemAvailable")];
  const cache = kib("Buffers") + kib("Cached") + kib("SReclaimable");
  const [swap, swapFree] = [kib("SwapTotal"), kib("SwapFree")];
  const row = (name: string, values: readonly number[]) =>
    `${name.padEnd(7)} ${values.map(shown).join("")}\n`;
  yield* sys.write(
    1,
    `${"total".padStart(20)}${["used", "free", "shared", "buff/cache", "available"].map((each) => each.padStart(12)).join("")}\n` +
      row("Mem:", [total, total - available, kib("MemFree"), kib("Shmem"), cache, available]) +
      row("Swap:", [swap, swap - swapFree, swapFree]),
  );
  return 0;
};

/** dmesg: the kernel's log. */
export const dmesg: Program = function* dmesg(sys) {
  const bytes = new Uint8Array(LOG_BYTES);
  const done = yield* sys.call("syslog", SYSLOG_ACTION_READ_ALL, bytes, LOG_BYTES);
  if (done < 0) return yield* fail(sys, "dmesg: read kernel buffer failed", done);
  yield* writeAll(sys, 1, fromUtf8(bytes.subarray(0, done)).replace(/^<\d+>/gm, ""));
  return 0;
};

/** mount [-t type] [-o options] [source target] */
export const mount: Program = function* mount(sys, argv) {
  const { flags, rest, wrong } = options(argv, "t:o:r");
  if (wrong !== undefined) return yield* usage(sys, "mount", wrong);
  if (rest.length === 0) {
    const rows = (yield* text(sys, "/proc/self/mounts")).split("\n").filter((row) => row !== "");
    const lines = rows.map((row) => {
      const [source, target, type, given] = row.split(" ");
      return `${source} on ${target} type ${type} (${given})\n`;
    });
    yield* writeAll(sys, 1, lines.join(""));
    return 0;
  }
  let bits = flags.has("r") ? 1 : 0;
  const data: string[] = [];
  for (const each of (flags.get("o") ?? "").split(",")) {
    const bit = MS[each];
    if (bit !== undefined) bits |= bit;
    else if (each !== "" && each !== "rw" && each !== "defaults") data.push(each);
  }
  const target = rest.at(-1)!;
  const done = yield* sys.call(
    "mount",
    rest[0]!,
    target,
    flags.get("t") ?? "",
    bits,
    data.join(","),
  );
  if (done < 0) {
    yield* fail(sys, `mount: ${target}`, done);
    return 32;
  }
  return 0;
};

/** umount [-l] target... */
export const umount: Program = function* umount(sys, argv) {
  const { flags, rest, wrong } = options(argv, "l");
  if (wrong !== undefined) return yield* usage(sys, "umount", wrong);
  let status = 0;
  for (const target of rest) {
    const done = yield* sys.call("umount2", target, flags.has("l") ? MNT_DETACH : 0);
    if (done >= 0) continue;
    yield* fail(sys, `umount: ${target}`, done);
    status = 32;
  }
  return status;
};

/** id [-ugnG] */
export const id: Program = function* id(sys, argv) {
  const { flags, wrong } = options(argv, "ugnG");
  if (wrong !== undefined) return yield* usage(sys, "id", wrong);
  const users = yield* names(sys, "/etc/passwd");
  const groups = yield* names(sys, "/etc/group");
  const uid = yield* sys.call("geteuid");
  const gid = yield* sys.call("getegid");
  const bytes = new Uint8Array(4 * 64);
  const count = yield* sys.call("getgroups", 64, bytes);
  const view = new DataView(bytes.buffer);
  const all = new Set([gid]);
  for (let i = 0; i < count; i++) all.add(view.getUint32(4 * i, true));
  const name = (map: ReadonlyMap<number, string>, key: number) =>
    flags.has("n") ? (map.get(key) ?? String(key)) : String(key);
  const long = (map: ReadonlyMap<number, string>, key: number) =>
    `${key}${map.has(key) ? `(${map.get(key)})` : ""}`;
  const shown = flags.has("u")
    ? name(users, uid)
    : flags.has("g")
      ? name(groups, gid)
      : flags.has("G")
        ? [...all].map((each) => name(groups, each)).join(" ")
        : `uid=${long(users, uid)} gid=${long(groups, gid)} groups=${[...all].map((each) => long(groups, each)).join(",")}`;
  yield* sys.write(1, `${shown}\n`);
  return 0;
};

export const whoami: Program = function* whoami(sys) {
  const uid = yield* sys.call("geteuid");
  const name = (yield* names(sys, "/etc/passwd")).get(uid);
  if (name === undefined) return yield* fail(sys, `whoami: cannot find name for user ID ${uid}`);
  yield* sys.write(1, `${name}\n`);
  return 0;
};

/** date [-u] [-d @seconds] [+format] */
export const date: Program = function* date(sys, argv) {
  const { flags, rest, wrong } = options(argv, "ud:");
  if (wrong !== undefined) return yield* usage(sys, "date", wrong);
  const given = flags.get("d");
  if (given !== undefined && !/^@-?\d+$/.test(given)) {
    return yield* fail(sys, `date: invalid date '${given}'`);
  }
  const ns = given === undefined ? yield* sys.clock_gettime(0) : Number(given.slice(1)) * 1e9;
  const format = rest[0]?.startsWith("+") === true ? rest[0].slice(1) : "%a %b %e %T %Z %Y";
  yield* sys.write(1, `${formatTime(format, ns)}\n`);
  return 0;
};

/** sync: all file systems. */
export const sync: Program = function* sync(sys) {
  yield* sys.call("sync");
  return 0;
};
