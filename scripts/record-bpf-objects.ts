/**
 * Compiles the sources of tests/fixtures/bpf/compiled, and records what the running kernel answers to their programs:
 * `scripts/node24 scripts/record-bpf-objects.ts`. A developer's tool, for root on Linux with clang and bpftool.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { VerifyRecord } from "../tests/conformance/bpf-record.ts";
import {
  COMPILED_FOLDER,
  COMPILED_OBJECTS,
  type CompiledObject,
} from "../tests/conformance/compiled/compiled-object.ts";
import { type ObjectProgram, programsOf } from "../tests/conformance/compiled/object-programs.ts";
import { RunningKernel } from "../tests/conformance/linux-bpf/running-kernel.ts";

const CLANG = process.env["CLANG"] ?? "clang-16";
const STRIP = process.env["LLVM_STRIP"] ?? "llvm-strip-16";
const VMLINUX = "/sys/kernel/btf/vmlinux";

const BUILDS: readonly (readonly [source: string, flags: string, suffix?: string])[] = [
  ["opens", "-O2 -g"],
  ["opens", "-O1 -g -mcpu=v2", "_o1"],
  ["latency", "-O2 -g"],
  ["latency", "-O2 -g -mcpu=v3", "_v3"],
  ["balancer", "-O2 -g"],
  ["balancer", "-O2 -g -mcpu=v2", "_v2"],
  ["classifier", "-O2 -g"],
  ["sockets", "-O2 -g"],
  ["walkers", "-O2 -g"],
  ["walkers", "-O1 -g -mcpu=v3", "_o1"],
  ["objects", "-O2 -g"],
  ["congestion", "-O2 -g"],
  ["drops", "-O2 -g"],
  ["mistakes", "-O2 -g"],
  ["plain", "-O2"],
];
/** Those whose programs are run, too, with a few packets. */
const RUN: readonly string[] = ["balancer", "plain"];

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "compiled-"));
  const kernel = new RunningKernel();
  try {
    const types = execFileSync("bpftool", ["btf", "dump", "file", VMLINUX, "format", "c"], {
      maxBuffer: 1 << 26,
    });
    writeFileSync(join(folder, "vmlinux.h"), types);
    if (!(await kernel.isUsable)) throw new Error("bpf(2) cannot be used here");
    const lines: string[] = [];
    for (const [source, flags, suffix = ""] of BUILDS) {
      const object = await recorded(kernel, folder, source, flags, source + suffix);
      lines.push(JSON.stringify(object));
    }
    writeFileSync(COMPILED_OBJECTS, gzipSync(`${lines.join("\n")}\n`, { level: 9 }));
  } finally {
    kernel.close();
    rmSync(folder, { recursive: true });
  }
}

async function recorded(
  kernel: RunningKernel,
  folder: string,
  source: string,
  flags: string,
  name: string,
): Promise<CompiledObject> {
  const file = join(folder, `${name}.o`);
  const fixed = ["-target", "bpf", "-D__TARGET_ARCH_x86", `-I${folder}`, "-Wall", "-Wno-unused"];
  // Lines are told without the folder that they were compiled in.
  const places = ["-fdebug-compilation-dir=.", "-c", `${source}.c`, "-o", file];
  const all = [...fixed, "-Wno-missing-declarations", ...flags.split(" "), ...places];
  execFileSync(CLANG, all, { cwd: COMPILED_FOLDER, stdio: "inherit" });
  execFileSync(STRIP, ["-g", file]);
  const elf = readFileSync(file);
  const answers: Record<string, CompiledObject["answers"][string]> = {};
  for (const program of programsOf(elf, name)) {
    answers[program.id] = await answerTo(kernel, program, RUN.includes(source));
  }
  return { name, source: `${source}.c`, flags, elf: elf.toString("hex"), answers };
}

async function answerTo(kernel: RunningKernel, program: ObjectProgram, isRun: boolean) {
  const asked = isRun ? program : { ...program, runs: [] };
  const { load, runs } = (await kernel.ask(asked)) as VerifyRecord;
  return { load, runs };
}

await main();
