import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { constants } from "#kernel-sim";

/** The simulator's own globals; its constants come with their numbers. */
const TYPES: Readonly<Record<string, string>> = {
  boot: "(options?: BootOptions) => Machine",
  bpf: "BpfToolkit",
  explore: "Explore",
  i386: "I386Toolkit",
  x86: "X86Toolkit",
  SYSCALL_DEFINE: "(name: string, handler: SystemCallHandler) => SystemCallDefinition",
  recordings: "{ readonly second: Recording } & Readonly<Record<string, Recording>>",
};

/** The course's data sets. */
const DATA: Readonly<Record<string, string>> = {
  unixFamily: "readonly UnixSystem[]",
  earlyLinux: "readonly DatedSource[]",
  linuxStatistics: "readonly Statistic[]",
};

/** What a cell has besides the simulator. */
const OF_EVERY_CELL = `
interface ChartData {
  readonly kind: "bar" | "line";
  readonly title: string;
  readonly x: { readonly label: string; readonly values: readonly (string | number)[] };
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
  readonly yLabel: string;
}
interface Display {
  /** Shows any value: a text as it is, a list of records as a table, a kernel's object as a view. */
  (value: unknown): void;
  table(records: readonly object[]): void;
  chart(chart: ChartData): void;
  /** @param text what the picture shows, for who cannot see it */
  svg(source: string, text?: string): void;
}
declare var display: Display;
declare var console: Readonly<Record<
  "log" | "info" | "debug" | "warn" | "error" | "table" | "dir" | "assert" | "count" | "group" | "groupEnd",
  (...values: unknown[]) => void
>>;
declare var performance: { now(): number };
declare function setTimeout(callback: (...values: any[]) => void, delayMs?: number, ...values: unknown[]): number;
declare function setInterval(callback: (...values: any[]) => void, delayMs?: number, ...values: unknown[]): number;
declare function clearTimeout(timer: number): void;
declare function clearInterval(timer: number): void;
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T): T;
declare class TextEncoder { encode(text?: string): Uint8Array; }
declare class TextDecoder { constructor(label?: string); decode(bytes?: Uint8Array): string; }
`;

/** Files of types alone: an exported name becomes a name of every cell. */
const FILES = [
  "kernel-sim/api.ts",
  "kernel-sim/api-kernel.ts",
  "kernel-sim/api-machine.ts",
  "kernel-sim/api/syscalls.ts",
  "kernel-sim/api/x86.ts",
  "kernel-sim/api-observe.ts",
  "kernel-sim/api-explore.ts",
  "kernel-sim/api-terminal.ts",
  "notebook/document/data-sets/course-data.ts",
];

/** Everything that is global in a cell, as TypeScript declarations for the editor. */
export async function cellTypes(): Promise<string> {
  const texts = await Promise.all(FILES.map((file) => readFile(join(process.cwd(), file), "utf8")));
  const types = texts
    .join("\n")
    .replace(/^import type \{[^}]*\} from "[^"]*";$/gm, "")
    .replace(/^export (?=interface|type)/gm, "");
  const simulator = Object.entries({ ...TYPES, ...constants });
  const data = Object.entries(DATA);
  return [
    types,
    OF_EVERY_CELL,
    ...[...simulator, ...data].map(([name, type]) => `declare var ${name}: ${type};`),
    ...moduleOf("kernel-sim", simulator),
    ...moduleOf("course-data", data),
    "",
  ].join("\n");
}

function moduleOf(name: string, exports: readonly (readonly [string, unknown])[]): string[] {
  const lines = exports.map(([name, type]) => `  export const ${name}: ${type};`);
  return [`declare module "${name}" {`, ...lines, "}"];
}
