import type { BuildOptions } from "esbuild";

/** Files made by esbuild outside `next build`: what runs in a Worker, a frame or a sandbox. */
export interface Bundle {
  readonly name: string;
  /** Name of the file that is made -> the module it starts from. */
  readonly entries: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly options: BuildOptions;
  /** Whether readers wait for it, so that every KB counts: then a second minifier goes over it. */
  readonly isSqueezed?: boolean;
  /** Which of the files stand on which other: what that one holds, they take from it. */
  readonly above?: Readonly<Record<string, string>>;
}

/** Every bundle; a new one is one more row. */
export const BUNDLES: readonly Bundle[] = [
  {
    // Inside `next build` it would cost 35 s and 1.2 GB more.
    name: "monaco",
    entries: {
      "monaco-editor": "monaco-editor",
      "ts.worker": "monaco-editor/language/typescript/ts.worker.js",
      "editor.worker": "monaco-editor/editor/editor.worker.js",
    },
    folder: "public/monaco",
    options: {
      format: "esm",
      platform: "browser",
      loader: { ".ttf": "file" },
      target: ["chrome120", "firefox121", "safari17.4"],
    },
  },
  {
    // Fetched with the first terminal that somebody can type at.
    name: "xterm",
    entries: {
      xterm: "@xterm/xterm",
      "addon-fit": "@xterm/addon-fit",
      "xterm-style": "@xterm/xterm/css/xterm.css",
    },
    folder: "public/xterm",
    options: {
      format: "esm",
      platform: "browser",
      target: ["chrome120", "firefox121", "safari17.4"],
    },
  },
  {
    // The page fetches the Workers' text and hands it to its frame, which loads nothing.
    name: "sandbox",
    entries: {
      frame: "notebook/session/sandbox/frame-script.ts",
      worker: "notebook/runtime/worker/entry.ts",
      // Each is fetched and put in front of the worker's text when a cell needs it.
      bpf: "kernel-sim/parts/bpf.ts",
      "bpf-calls": "kernel-sim/parts/bpf-calls.ts",
      "checked-runs": "kernel-sim/parts/checked-runs.ts",
      explanations: "kernel-sim/parts/explanations.ts",
      jit: "kernel-sim/parts/jit.ts",
      "kernel-calls": "kernel-sim/parts/kernel-calls.ts",
      kernel: "kernel-sim/parts/kernel.ts",
      "kernel-types": "kernel-sim/parts/kernel-types.ts",
      "more-types": "kernel-sim/parts/more-types.ts",
      recordings: "kernel-sim/parts/recordings.ts",
      typed: "kernel-sim/parts/typed.ts",
      xlate: "kernel-sim/parts/xlate.ts",
      "course-data": "notebook/runtime/worker/course-data-script.ts",
    },
    above: {
      "bpf-calls": "bpf",
      "checked-runs": "bpf",
      explanations: "bpf",
      jit: "bpf",
      "kernel-calls": "bpf",
      "kernel-types": "bpf",
      "more-types": "bpf",
      typed: "bpf",
      xlate: "bpf",
    },
    folder: "public/sandbox",
    isSqueezed: true,
    options: {
      define: { "process.env.NODE_ENV": '"production"', KERNELBOOK_IN_PARTS: "true" },
      alias: { "#kernel-sim": "./kernel-sim/base.ts" },
      format: "iife",
      platform: "browser",
      target: ["chrome120", "firefox121", "safari17.4"],
      legalComments: "none",
    },
  },
  {
    // What the grader starts without any permission; only Deno reads these files.
    name: "grading",
    entries: {
      player: "notebook/runtime/player/process.ts",
      judge: "notebook/runtime/judge/process.ts",
      cells: "notebook/runtime/cells/process.ts",
    },
    folder: "node_modules/.kernelbook/grading",
    options: { format: "esm", platform: "browser", target: "es2024", legalComments: "none" },
  },
  {
    // For submissions that run no programs on a machine: it boots with half of the work.
    name: "bpf-player",
    entries: { "bpf-player": "notebook/runtime/player/process.ts" },
    folder: "node_modules/.kernelbook/grading",
    options: {
      alias: { "#kernel-sim": "./kernel-sim/base.ts" },
      inject: ["./kernel-sim/facade/with-bpf.ts"],
      format: "esm",
      platform: "browser",
      target: "es2024",
      legalComments: "none",
    },
  },
];
