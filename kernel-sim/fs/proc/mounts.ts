import { EINVAL, ENOENT } from "../../include/errno.ts";
import { majorOf, minorOf } from "../char-dev.ts";
import { pathFromRoot } from "../d-path.ts";
import { type ByteString, type FileOperations, type Path, SB_RDONLY } from "../fs.ts";
import {
  MNT_NOATIME,
  MNT_NODEV,
  MNT_NODIRATIME,
  MNT_NOEXEC,
  MNT_NOSUID,
  MNT_NOSYMFOLLOW,
  MNT_READONLY,
  MNT_RELATIME,
  type MntNamespace,
  type Mount,
} from "../mount.ts";
import { mangle, seqFileOperations, seqPrivate, setSeqPrivate } from "../seq-file.ts";
import { getProcTask } from "./internal.ts";

/** One line about a mount, seen from `root`; undefined: it cannot be seen from there. */
type ShowMount = (mnt: Mount, root: Path) => ByteString | undefined;

interface OpenedMounts {
  readonly ns: MntNamespace;
  readonly root: Path;
}

const PATH_ESCAPES = " \t\n\\";
const NAME_ESCAPES = " \t\n\\#";

const MNT_OPTIONS: readonly (readonly [number, string])[] = Object.freeze([
  [MNT_NOSUID, ",nosuid"],
  [MNT_NODEV, ",nodev"],
  [MNT_NOEXEC, ",noexec"],
  [MNT_NOATIME, ",noatime"],
  [MNT_NODIRATIME, ",nodiratime"],
  [MNT_RELATIME, ",relatime"],
  [MNT_NOSYMFOLLOW, ",nosymfollow"],
] as const);

/** A file about the mounts that a process sees. @linux fs/proc_namespace.c `mounts_open_common` (6.18) */
export function mountOperations(show: ShowMount): FileOperations {
  return seqFileOperations(
    (_reader, file) => {
      const { ns, root } = seqPrivate(file) as OpenedMounts;
      const mounts = [...ns.mounts].sort((a, b) => a.id - b.id);
      return mounts.map((mnt) => show(mnt, root) ?? "").join("");
    },
    {
      open(_reader, inode, file) {
        const task = getProcTask(inode);
        if (task === undefined) return -EINVAL;
        // The dead have no namespaces, and no root to look from.
        if (task.exitState !== 0) return -EINVAL;
        if (task.fs === undefined) return -ENOENT;
        const opened: OpenedMounts = { ns: task.nsproxy.mnt, root: task.fs.root };
        setSeqPrivate(file, opened);
        return 0;
      },
    },
  );
}

/** A line of /proc/PID/mounts. @linux fs/proc_namespace.c `show_vfsmnt` (6.18) */
export function procMounts(mnt: Mount, root: Path): ByteString | undefined {
  const place = mountPlace(mnt, root);
  if (place === undefined) return undefined;
  const isReadonly = (mnt.flags & MNT_READONLY) !== 0 || (mnt.sb.flags & SB_RDONLY) !== 0;
  const options = `${isReadonly ? "ro" : "rw"}${mntOptions(mnt)}${superOptions(mnt)}`;
  return `${deviceName(mnt)} ${place} ${mnt.sb.type} ${options} 0 0\n`;
}

/** A line of /proc/PID/mountinfo. @linux fs/proc_namespace.c `show_mountinfo` (6.18) */
export function procMountinfo(mnt: Mount, root: Path): ByteString | undefined {
  const place = mountPlace(mnt, root);
  if (place === undefined) return undefined;
  const { sb } = mnt;
  const ofMount = `${(mnt.flags & MNT_READONLY) === 0 ? "rw" : "ro"}${mntOptions(mnt)}`;
  const ofSuper = `${(sb.flags & SB_RDONLY) === 0 ? "rw" : "ro"}${superOptions(mnt)}`;
  return `${[
    mnt.id,
    mnt.parent.id,
    `${majorOf(sb.dev)}:${minorOf(sb.dev)}`,
    mangle(rootInSuper(mnt), PATH_ESCAPES),
    place,
    `${ofMount}${propagation(mnt)}`,
    "-",
    sb.type,
    deviceName(mnt),
    ofSuper,
  ].join(" ")}\n`;
}

/** A line of /proc/PID/mountstats. @linux fs/proc_namespace.c `show_vfsstat` (6.18) */
export function procMountstats(mnt: Mount, root: Path): ByteString | undefined {
  const place = mountPlace(mnt, root);
  if (place === undefined) return undefined;
  return `device ${deviceName(mnt)} mounted on ${place} with fstype ${mnt.sb.type}\n`;
}

function mountPlace(mnt: Mount, root: Path): ByteString | undefined {
  const { text, isReachable } = pathFromRoot({ mnt, dentry: mnt.root }, root);
  return isReachable ? mangle(text, PATH_ESCAPES) : undefined;
}

/** Which directory of the file system this mount shows. */
function rootInSuper(mnt: Mount): ByteString {
  let text = "";
  for (let at = mnt.root; !at.isRoot; at = at.parent) text = `/${at.name}${text}`;
  return text === "" ? "/" : text;
}

function deviceName(mnt: Mount): ByteString {
  return mangle(mnt.devname === "" ? "none" : mnt.devname, NAME_ESCAPES);
}

function mntOptions(mnt: Mount): string {
  return MNT_OPTIONS.filter(([flag]) => (mnt.flags & flag) !== 0)
    .map(([, text]) => text)
    .join("");
}

function superOptions(mnt: Mount): string {
  return mnt.sb.op.showOptions?.(mnt.sb) ?? "";
}

function propagation(mnt: Mount): string {
  const shared = mnt.peers === undefined ? "" : ` shared:${mnt.groupId}`;
  const master = mnt.master === undefined ? "" : ` master:${groupIdOf(mnt.master)}`;
  return `${shared}${master}${mnt.isUnbindable ? " unbindable" : ""}`;
}

function groupIdOf(peers: Set<Mount>): number {
  for (const peer of peers) return peer.groupId;
  return 0;
}
