import type { Rootfs } from "../../../kernel-sim/fs/rootfs.ts";
import { programFile } from "../../../kernel-sim/user/program-file.ts";
import { BSS_BYTES } from "./arena.ts";
import { repeated } from "./forms/buffers.ts";
import type { SetupFile } from "./scenario.ts";

export const AGENT_PATH = "/bin/agent";
export const EXIT_PATH = "/bin/exit";

const DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ["/bin", 0o755],
  ["/tmp", 0o1777],
  ["/w", 0o777],
  ["/proc", 0o755],
  ["/dev", 0o755],
];
/** Character devices of major number 1. */
const DEVICES: readonly (readonly [path: string, minor: number])[] = [
  ["/dev/null", 3],
  ["/dev/zero", 5],
  ["/dev/full", 7],
];

/** Directories, devices and programs that every scenario finds. */
export function makeTree(rootfs: Rootfs): void {
  for (const [path, mode] of DIRECTORIES) rootfs.mkdir(path, { mode });
  for (const [path, minor] of DEVICES) rootfs.device(path, 1, minor, { mode: 0o666 });
  rootfs.file(AGENT_PATH, programFile("agent", BSS_BYTES), { mode: 0o755 });
  rootfs.file(EXIT_PATH, programFile("exit", BSS_BYTES), { mode: 0o755 });
  rootfs.file("/.ctl", new Uint8Array(4096), { mode: 0o666 });
}

/** The files that this scenario finds. */
export function makeFiles(rootfs: Rootfs, files: readonly SetupFile[]): void {
  for (const file of files) makeFile(rootfs, file);
}

function makeFile(rootfs: Rootfs, file: SetupFile): void {
  const { type = "reg", uid = 0, gid = 0 } = file;
  const path = byteString(file.path);
  const target = byteString(file.target ?? "");
  const mode = Number.parseInt(file.mode ?? (type === "dir" ? "0755" : "0644"), 8);
  const attributes = { mode, uid, gid };
  if (type === "hard") rootfs.link(path, target);
  else if (type === "lnk") rootfs.symlink(path, target, { uid, gid });
  else if (type === "dir") rootfs.mkdir(path, attributes);
  else if (type === "fifo") rootfs.fifo(path, attributes);
  else {
    const size = file.size === undefined ? {} : { size: file.size };
    rootfs.file(path, contents(file), { ...attributes, ...size });
  }
}

function contents({ data, hex, rep, n = 0 }: SetupFile): Uint8Array {
  if (hex !== undefined) return Buffer.from(hex, "hex");
  if (rep !== undefined) return repeated(rep, n);
  return Buffer.from(data ?? "", "utf8");
}

function byteString(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
