import type { CurrentTask } from "../current-task.ts";
import type { StructTable } from "./members.ts";

/** A task of which no more is known than what an event or a caller has said of it. */
export class PlainTask implements CurrentTask {
  readonly pid: number;
  tgid: number;
  uid: number;
  gid: number;
  comm: string;

  constructor({ pid, tgid, uid, gid, comm }: CurrentTask) {
    this.pid = pid;
    this.tgid = tgid;
    this.uid = uid;
    this.gid = gid;
    this.comm = comm;
  }
}

export const plainTaskStruct: StructTable<PlainTask> = {
  pid: ({ pid }) => pid,
  tgid: ({ tgid }) => tgid,
  comm: ({ comm }) => comm,
};

/** All of them that programs were shown, by number; the idle tasks, which all have number 0, by name. */
export class PlainTasks {
  readonly #tasks = new Map<number | string, PlainTask>();

  /** With what is known of it now. */
  of(task: CurrentTask): PlainTask {
    const key = task.pid === 0 ? task.comm : task.pid;
    let plain = this.#tasks.get(key);
    if (plain === undefined) {
      plain = new PlainTask(task);
      this.#tasks.set(key, plain);
    }
    const { tgid, uid, gid, comm } = task;
    Object.assign(plain, { tgid, uid, gid, comm });
    return plain;
  }
}
