import type { ByteString } from "../fs/fs.ts";
import type { Task } from "./task.ts";

const COMM_BYTES_MAX = 15;

/** Gives `task` a new name, of which 15 bytes are kept. @linux fs/exec.c `__set_task_comm` (6.18) */
export function setTaskComm(task: Task, name: ByteString): 0 {
  const comm = name.slice(0, COMM_BYTES_MAX);
  task.kernel.tracing.event("task:task_rename", {
    common_pid: task.pid,
    oldcomm: task.comm,
    newcomm: comm,
    oom_score_adj: task.signal.oomScoreAdj,
  });
  task.comm = comm;
  return 0;
}
