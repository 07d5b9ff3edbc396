/** Puts BPF into the base: importing this gives machines BPF. */
import { installBpfPart } from "./bpf-part.ts";
import { wholeBpf } from "./whole-bpf.ts";

installBpfPart(wholeBpf);
