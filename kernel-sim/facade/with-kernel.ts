/** Puts the whole simulator together: importing this makes machines run programs. */
import { installParts } from "./parts.ts";
import { wholeKernel } from "./whole-kernel.ts";

installParts({ kernel: wholeKernel });
