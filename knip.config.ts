import { existsSync } from "node:fs";
import type { KnipConfig } from "knip";
import { BUNDLES } from "./scripts/bundles.ts";

const config: KnipConfig = {
  entry: [
    "app/**/{page,layout,route,not-found,error,global-error,loading,manifest,robots,sitemap,icon,opengraph-image}.{ts,tsx}",
    "server/{main,grader}.ts",
    "server/{course/{reading,test-source},content/preview/preview,gate/cells-file,gate/mutation/mutate}-thread.ts",
    "scripts/*.{ts,mjs}",
    "scripts/test/*-reporter.ts",
    "tests/conformance/note-runs.ts",
    "playwright.config.ts",
    "tests/e2e/global-setup.ts",
    "tests/e2e/**/*.spec.ts",
    "tests/bench/{,threads/}*.ts",
    "tests/bench/bpf/chromium-page.ts",
    // Stands for `#kernel-sim` in a Worker without the kernel.
    "kernel-sim/base.ts",
    "**/*.test.{ts,tsx}",
    ...BUNDLES.flatMap(({ entries }) => Object.values(entries)).filter((file) => existsSync(file)),
  ],
  project: [
    "{app,kernel-sim,notebook,server,scripts,tests}/**/*.{ts,tsx,mjs}",
    "!server/db/generated/**",
  ],
  ignore: ["tests/fixtures/**"],
  ignoreExportsUsedInFile: true,
  ignoreIssues: {
    // Linux's own lists of numbers and fields, whole as Linux has them.
    "kernel-sim/{include/**/*,arch/x86/entry/*,bpf/uapi,bpf/contexts,bpf/maps/flags,fs/ext2/layout,kernel/state}.ts":
      [...(["exports", "nsExports", "duplicates"] as const)],
    // A door names the types of what it hands out, whether or not somebody writes them down.
    "{kernel-sim,notebook/*,server/*}/{index,exercise-module}.ts": ["types"],
  },
  // Used by path.
  ignoreDependencies: ["@fontsource-variable/.*", "@prisma/client", "prisma", "deno"],
  // Files that the browser loads from the site.
  ignoreUnresolved: ["/monaco/monaco-editor.js", "/xterm/xterm.js", "/xterm/addon-fit.js"],
  ignoreBinaries: ["bpftool", "useradd", "unshare", "mount", "umount", "as", "objcopy", "nm"],
};

export default config;
