import type { Rootfs } from "../fs/rootfs.ts";
import { byteArray } from "../lib/byte-string.ts";
import { LINKER_PATH, linkerFile } from "../user/ld-so/linker-file.ts";
import { programFile } from "../user/program-file.ts";

const TEXTS: Readonly<Record<string, string>> = {
  "/etc/hostname": "kernelbook\n",
  "/etc/passwd":
    "root:x:0:0:root:/root:/bin/sh\nala:x:1000:1000:Ala:/home/ala:/bin/sh\nola:x:1001:1001:Ola:/home/ola:/bin/sh\n",
  "/etc/group": "root:x:0:\ntty:x:5:\nusers:x:100:ala,ola\nala:x:1000:\nola:x:1001:\n",
  "/etc/os-release": 'NAME="Kernelbook"\nID=kernelbook\nPRETTY_NAME="Kernelbook"\n',
};

const DIRECTORIES: readonly (readonly [string, number, number])[] = [
  ["/bin", 0o755, 0],
  ["/dev", 0o755, 0],
  ["/dev/pts", 0o755, 0],
  ["/etc", 0o755, 0],
  ["/home", 0o755, 0],
  ["/home/ala", 0o755, 1000],
  ["/home/ola", 0o755, 1001],
  ["/lib", 0o755, 0],
  ["/mnt", 0o755, 0],
  ["/proc", 0o555, 0],
  ["/root", 0o700, 0],
  ["/sbin", 0o755, 0],
  ["/sys", 0o555, 0],
  ["/tmp", 0o1777, 0],
  ["/usr", 0o755, 0],
  ["/usr/bin", 0o755, 0],
  ["/usr/lib", 0o755, 0],
  ["/usr/local", 0o755, 0],
  ["/usr/local/bin", 0o755, 0],
  ["/var", 0o755, 0],
  ["/var/log", 0o755, 0],
];

/** Name, major and minor number, mode: `Documentation/admin-guide/devices.txt`. */
const DEVICES: readonly (readonly [string, number, number, number])[] = [
  ["/dev/null", 1, 3, 0o666],
  ["/dev/zero", 1, 5, 0o666],
  ["/dev/full", 1, 7, 0o666],
  ["/dev/random", 1, 8, 0o666],
  ["/dev/urandom", 1, 9, 0o666],
  ["/dev/tty", 5, 0, 0o666],
  ["/dev/console", 5, 1, 0o600],
  ["/dev/ptmx", 5, 2, 0o666],
  ["/dev/ttyS0", 4, 64, 0o660],
];
const TTY_GID = 5;
/** The group of users in 0.01, whose disk keeps 8 bits of a number. */
const USERS_GID = 100;
/** Virtual terminals that have a name in /dev. */
const TERMINALS = 6;

/**
 * What lies on the disk of a small machine before it boots: the usual directories, devices, texts, and the files of
 * `programs` in /bin and /usr/bin.
 */
export function fillMachineTree(
  rootfs: Rootfs,
  programs: readonly string[],
  isFirstLinux = false,
): void {
  for (const [path, mode, owner] of DIRECTORIES) {
    // They came with their file systems.
    if (isFirstLinux && /^\/(?:proc|sys|dev\/)/.test(path)) continue;
    const gid = isFirstLinux && owner !== 0 ? USERS_GID : owner;
    rootfs.mkdir(path, { mode, uid: owner, gid });
  }
  for (const [path, major, minor, mode] of DEVICES) rootfs.device(path, major, minor, { mode });
  for (let i = 1; i <= TERMINALS; i++) {
    rootfs.device(`/dev/tty${i}`, 4, i, { mode: 0o620, gid: TTY_GID });
  }
  for (const [path, text] of Object.entries(TEXTS)) {
    const isCut = isFirstLinux && path === "/etc/passwd";
    const shown = isCut ? text.replaceAll(/:(100\d):100\d:/g, `:$1:${USERS_GID}:`) : text;
    rootfs.file(path, byteArray(shown));
  }
  for (const name of programs) {
    const path = `/bin/${name}`;
    rootfs.file(path, programFile(path), { mode: 0o755 });
    rootfs.link(`/usr/bin/${name}`, path);
  }
  for (const path of ["/sbin/init", "/sbin/getty"]) {
    rootfs.file(path, programFile(path), { mode: 0o755 });
  }
  rootfs.file(LINKER_PATH, linkerFile(), { mode: 0o755 });
}
