import type { ByteString, Path } from "../../fs/fs.ts";
import { ENOENT } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";

/** The place of a path name that `task` may write to, or a negative errno. */
export function findSocketPath(_task: Task, _name: ByteString): Path | number {
  return -ENOENT;
}

/** Makes a socket file, or a negative errno (-EEXIST). */
export function makeSocketPath(_task: Task, _name: ByteString, _mode: number): Path | number {
  return -ENOENT;
}

/** Takes the name away again. */
export function removeSocketPath(_task: Task, _path: Path): void {}
