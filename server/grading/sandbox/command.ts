/** How a sandbox is started: Deno without any permission, inside whatever else the host offers. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { checkout } from "../../config.ts";
import { denoFolder } from "./deno-folder.ts";
import { NICE } from "./priority.ts";

export interface SandboxCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** Which file of `node_modules/.kernelbook/grading` a sandbox runs. */
export type SandboxRole = "player" | "bpf-player" | "judge" | "cells";

/** V8 reserves room for machine code, which the kernel counts as data; Deno itself needs the rest. */
const RESERVED_MIB = 512 + 112;

export function scriptOf(role: SandboxRole): string {
  return join(checkout(), "node_modules/.kernelbook/grading", `${role}.js`);
}

export function sandboxCommand(script: string, memoryMiB: number): SandboxCommand {
  const deno = denoProgram();
  const run: string[] = [
    ...["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
    ...[`--v8-flags=--max-old-space-size=${memoryMiB}`, script],
  ];
  const around = [
    ...givesWay(),
    ...diesWithParent(),
    ...bubblewrap(deno, script),
    ...resourceLimits(memoryMiB),
  ];
  const [program = deno, ...args] = [...around, deno, ...run];
  return { program, args };
}

/** Heap, array buffers and wasm memory all count as data; no core file. */
function resourceLimits(memoryMiB: number): string[] {
  const prlimit = found("prlimit");
  if (prlimit === undefined) return [];
  const data = (memoryMiB + RESERVED_MIB) * 2 ** 20;
  return [prlimit, `--data=${data}`, "--core=0", "--nofile=128", "--"];
}

function givesWay(): string[] {
  const nice = found("nice");
  return nice === undefined ? [] : [nice, "-n", String(NICE)];
}

/** A grader that is killed takes its sandboxes with it, also those in an endless loop. */
function diesWithParent(): string[] {
  const setpriv = found("setpriv");
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--no-new-privs", "--"];
}

/** Namespaces of its own, where the host lets us make them. */
function bubblewrap(deno: string, script: string): string[] {
  const bwrap = found("bwrap");
  if (bwrap === undefined) return [];
  const system = ["/usr", "/lib", "/lib64", "/bin", "/sbin"].filter((folder) => existsSync(folder));
  const layer = [
    bwrap,
    ...["--unshare-all", "--die-with-parent", "--proc", "/proc", "--dev", "/dev"],
    ...system.flatMap((folder) => ["--ro-bind", folder, folder]),
    ...[deno, script].flatMap((file) => ["--ro-bind", dirname(file), dirname(file)]),
    ...["--bind-try", denoFolder(), denoFolder()],
    "--",
  ];
  bubblewrapWorks ??= spawnSync(bwrap, [...layer.slice(1), deno, "--version"]).status === 0;
  return bubblewrapWorks ? layer : [];
}

/** Containers often forbid namespaces inside of them; tried once. */
let bubblewrapWorks: boolean | undefined;

const foundPrograms = new Map<string, string | undefined>();

function found(name: string): string | undefined {
  if (!foundPrograms.has(name)) {
    const folders = ["/usr/bin", "/bin", "/usr/local/bin"];
    const files = folders.map((folder) => join(folder, name));
    foundPrograms.set(
      name,
      files.find((file) => existsSync(file)),
    );
  }
  return foundPrograms.get(name);
}

/** The binary itself: the package's own script would start it a second time. */
function denoProgram(): string {
  const require = createRequire(join(checkout(), "package.json"));
  const { arch, platform } = process;
  const suffix = platform === "linux" ? "-glibc" : "";
  const folder = dirname(require.resolve(`@deno/${platform}-${arch}${suffix}/package.json`));
  return join(folder, "deno");
}
