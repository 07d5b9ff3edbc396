/** Puts the whole simulator together: importing this makes machines run programs. */
import { installKernelPart } from "./kernel-part.ts";
import { wholeKernel } from "./whole-kernel.ts";

installKernelPart(wholeKernel);
