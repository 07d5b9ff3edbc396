/**
 * `npm run -s bench:bpf -- FILE [--no-browser]` runs the programs of a file in the interpreter, in the JIT
 * and, where bpf(2) works, in Linux, interleaved, and the JIT in Chromium. The last line is one JSON object.
 */
import { benchPrograms } from "../tests/bench/bpf/bench-program.ts";
import { compareEngines, toLinux } from "../tests/bench/bpf/compare.ts";

const [file] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const withChromium = !process.argv.includes("--no-browser");
const programs = await compareEngines(benchPrograms(file), withChromium);
const ratios = {
  jit_over_kernel: toLinux(programs, "jit_ns_per_insn") ?? null,
  interp_over_kernel: toLinux(programs, "interp_ns_per_insn") ?? null,
  chromium_jit_over_kernel: toLinux(programs, "chromium_jit_ns_per_insn") ?? null,
};
console.error(
  "ns an instruction".padEnd(16),
  "interpreter      JIT    Linux  JIT/Linux  compile µs",
);
for (const [id, figures] of Object.entries(programs)) {
  const { interp_ns_per_insn, jit_ns_per_insn, kernel_ns_per_insn, jit_compile_us } = figures;
  const ratio =
    kernel_ns_per_insn === null ? "" : (jit_ns_per_insn / kernel_ns_per_insn).toFixed(2);
  const cells = [
    interp_ns_per_insn.toFixed(2).padStart(11),
    jit_ns_per_insn.toFixed(3).padStart(8),
  ];
  cells.push((kernel_ns_per_insn?.toFixed(3) ?? "").padStart(8), ratio.padStart(10));
  console.error(id.padEnd(17), ...cells, jit_compile_us.toFixed(0).padStart(11));
}
console.log(JSON.stringify({ programs, ...ratios }));
