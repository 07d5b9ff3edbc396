import { AGENT_TEXT } from "./agent-text.ts";
import { writeInt } from "./bytes.ts";
import type { Agent } from "./port.ts";
import type { StartOptions } from "./scenario.ts";
import { type Shell, wordBytes } from "./shell.ts";
import { SA_RESTORER } from "./words.ts";

const AT_FDCWD = -100;
const O_RDWR = 2;
/** Far from where the kernel puts mappings. */
const CONTROL_ADDRESS = 0x1000_0000;
const PROT_READ_WRITE = 3;
const MAP_SHARED_FIXED = 0x11;
const SIGCHLD = 17;
const SIGACTION_BYTES = 32;
const SA_RESTART = 0x1000_0000;
const PR_SET_NAME = 15;

/** The process file system as the pid namespace of `init` sees it. */
export function mountProc(init: Shell): void {
  init.must("mount", "proc", "/proc", "proc", 0, 0);
}

/** The recorder's own file: init and its children have it mapped, so the root file system is in use. */
export function mapControlFile(init: Shell): void {
  const fd = init.must("openat", AT_FDCWD, "/.ctl", O_RDWR, 0);
  init.must("mmap", CONTROL_ADDRESS, 4096, PROT_READ_WRITE, MAP_SHARED_FIXED, fd, 0);
  init.must("close", fd);
}

/** The descriptors 0, 1 and 2 of init, which all others inherit. */
export function openNull(init: Shell): void {
  for (let fd = 0; fd < 3; fd++) init.must("openat", AT_FDCWD, "/dev/null", O_RDWR, 0);
}

/** Lets init take every child that ends. */
export function reapChildren(init: Shell): void {
  const action = new Uint8Array(SIGACTION_BYTES);
  writeInt(action, 0, "u64", AGENT_TEXT.reap);
  writeInt(action, 8, "u64", SA_RESTART | SA_RESTORER);
  writeInt(action, 16, "u64", AGENT_TEXT.restorer);
  init.must("rt_sigaction", SIGCHLD, action, 0, 8);
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
