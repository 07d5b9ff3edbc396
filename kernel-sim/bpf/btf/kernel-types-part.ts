import { btfToC, typeToC } from "./dump-c.ts";
import { vmlinuxBytes } from "./vmlinux-bytes.ts";

/** The kernel's types, and how they look in C: what is fetched when a text has to do with either. */
export const kernelTypesPart = Object.freeze({ vmlinuxBytes, btfToC, typeToC });
