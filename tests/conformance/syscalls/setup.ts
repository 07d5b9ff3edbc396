import { AGENT_TEXT } from "./agent-text.ts";
import { writeInt } from "./bytes.ts";
import { repeated } from "./forms/buffers.ts";
import type { Agent } from "./port.ts";
import type { SetupFile, StartOptions } from "./scenario.ts";
import { type Shell, wordBytes } from "./shell.ts";
import { SA_RESTORER } from "./words.ts";

const AT_FDCWD = -100;
const O_WRONLY_CREAT = 0o101;
const O_RDWR = 2;
const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
const SIGCHLD = 17;
const SIGACTION_BYTES = 32;
const SA_RESTART = 0x1000_0000;
const PR_SET_NAME = 15;
const DEVICES: readonly (readonly [path: string, minor: number])[] = [
  ["/dev/null", 3],
  ["/dev/zero", 5],
  ["/dev/full", 7],
];
const DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ["/bin", 0o755],
  ["/tmp", 0o1777],
  ["/w", 0o777],
  ["/proc", 0o755],
  ["/dev", 0o755],
];
/** Written in pieces, since the memory of init that holds arguments has an end. */
const PIECE_BYTES = 1 << 16;

/** Directories, devices, and init's descriptors 0, 1 and 2, on an empty root file system. */
export function makeTree(init: Shell): void {
  init.must("umask", 0);
  for (const [path, mode] of DIRECTORIES) init.must("mkdir", path, mode);
  init.must("mount", "proc", "/proc", "proc", 0, 0);
  for (const [path, minor] of DEVICES) init.must("mknod", path, S_IFCHR | 0o666, (1 << 8) | minor);
  writeFile(init, "/.ctl", new Uint8Array(), 0o600);
}

export function openNull(init: Shell): void {
  for (let fd = 0; fd < 3; fd++) init.must("openat", AT_FDCWD, "/dev/null", O_RDWR, 0);
}

export function writeFile(init: Shell, path: string, bytes: Uint8Array, mode: number): void {
  const fd = init.must("openat", AT_FDCWD, path, O_WRONLY_CREAT, 0o600);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    init.must("write", fd, piece, piece.length);
  }
  init.must("close", fd);
  init.must("chmod", path, mode);
}

/** Lets init take every child that ends. */
export function reapChildren(init: Shell): void {
  const action = new Uint8Array(SIGACTION_BYTES);
  writeInt(action, 0, "u64", AGENT_TEXT.reap);
  writeInt(action, 8, "u64", SA_RESTART | SA_RESTORER);
  writeInt(action, 16, "u64", AGENT_TEXT.restorer);
  init.must("rt_sigaction", SIGCHLD, action, 0, 8);
}

/** The files that a scenario finds. Paths are absolute or below `/w`. */
export function makeFiles(init: Shell, files: readonly SetupFile[]): void {
  init.must("umask", 0);
  init.must("chdir", "/w");
  for (const file of files) makeFile(init, file);
  init.must("chdir", "/");
}

function makeFile(init: Shell, file: SetupFile): void {
  const { path, type = "reg", target = "", uid = 0, gid = 0 } = file;
  const mode = Number.parseInt(file.mode ?? (type === "dir" ? "0755" : "0644"), 8);
  if (type === "hard") {
    init.must("link", target, path);
    return;
  }
  if (type === "lnk") {
    init.must("symlink", target, path);
    if (uid !== 0 || gid !== 0) init.must("lchown", path, uid, gid);
    return;
  }
  if (type === "dir") init.must("mkdir", path, 0o755);
  else if (type === "fifo") init.must("mknod", path, S_IFIFO | 0o600, 0);
  else {
    writeFile(init, path, contents(file), 0o600);
    if (file.size !== undefined) init.must("truncate", path, file.size);
  }
  if (uid !== 0 || gid !== 0) init.must("chown", path, uid, gid);
  // Behind the chown, which takes set-user-id bits away.
  init.must("chmod", path, mode);
}

function contents({ data, hex, rep, n = 0 }: SetupFile): Uint8Array {
  if (hex !== undefined) return Buffer.from(hex, "hex");
  if (rep !== undefined) return repeated(rep, n);
  return Buffer.from(data ?? "", "utf8");
}

/** Forks a process from init and gives it what its options say. */
export function startProcess(init: Shell, name: string, options: StartOptions): Agent {
  init.must("clone", SIGCHLD, 0, 0, 0, 0);
  const child = init.agent.takeChildren().at(-1);
  if (child === undefined) throw new Error("init has no child");
  const shell = init.of(child);
  shell.must("rt_sigaction", SIGCHLD, new Uint8Array(SIGACTION_BYTES), 0, 8);
  shell.must("prctl", PR_SET_NAME, name);
  shell.must("umask", 0o022);
  shell.must("chdir", "/w");
  applyOptions(shell, options);
  return child;
}

function applyOptions(shell: Shell, { sid, umask, cwd, groups, gid, uid }: StartOptions): void {
  if (sid === true) shell.must("setsid");
  if (umask !== undefined) shell.must("umask", Number.parseInt(umask, 8));
  if (cwd !== undefined) shell.must("chdir", cwd);
  if (uid !== undefined || groups !== undefined) {
    shell.must("setgroups", groups?.length ?? 0, wordBytes(groups ?? []));
  }
  if (gid !== undefined) shell.must("setresgid", gid, gid, gid);
  if (uid !== undefined) shell.must("setresuid", uid, uid, uid);
}

/** The limits that differ from what Linux gives its first process. */
export function setLimits(init: Shell): void {
  const limits = [
    [4, 0, 0],
    [3, 8 << 20, 64 << 20],
    [7, 1024, 4096],
    [8, 8 << 20, 8 << 20],
  ];
  for (const [resource = 0, soft = 0, hard = 0] of limits) {
    const bytes = new Uint8Array(16);
    writeInt(bytes, 0, "u64", soft);
    writeInt(bytes, 8, "u64", hard);
    init.must("prlimit64", 0, resource, bytes, 0);
  }
}
