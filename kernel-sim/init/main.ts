import { kernelExecve } from "../fs/exec.ts";
import { scriptFormat } from "../fs/binfmt_script.ts";
import { Kernel, type KernelOptions } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { ProgramContext } from "../user/program-context.ts";
import { initProgram } from "../user/init-program.ts";
import { makeInitTask } from "./init-task.ts";
import { initSyscalls } from "./syscalls.ts";
