/** Tasks as programs see them. */
import { at, ring, type StructTable, type StructTables } from "../../bpf/structs/members.ts";
import type { Task } from "../task.ts";

/** @linux include/linux/sched.h `struct task_struct` (6.18) */
const task: StructTable<Task> = {
  __state: ({ state }) => state,
  flags: ({ flags }) => flags,
  ptrace: ({ ptrace }) => ptrace,
  exit_state: ({ exitState }) => exitState,
  exit_code: ({ exitCode }) => exitCode,
  exit_signal: ({ exitSignal }) => exitSignal,
  pdeath_signal: ({ pdeathSignal }) => pdeathSignal,
  personality: ({ personality }) => personality,
  pid: ({ pid }) => pid,
  tgid: ({ tgid }) => tgid,
  real_parent: ({ realParent }) => at("task_struct", realParent),
  parent: ({ parent }) => at("task_struct", parent),
  children: (of) => ring([at("task_struct", of, "children"), ...siblings(of)], 0),
  sibling: (of) => {
    const { children } = of.realParent;
    const head = at("task_struct", of.realParent, "children");
    return ring([head, ...siblings(of.realParent)], 1 + children.indexOf(of));
  },
  group_leader: ({ groupLeader }) => at("task_struct", groupLeader),
  comm: ({ comm }) => comm,
};

const siblings = ({ children }: Task) =>
  children.map((child) => at("task_struct", child, "sibling"));

export const taskStructs: StructTables = { task_struct: task };
