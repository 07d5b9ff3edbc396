/** BPF as a script of its own, which stands in front of the base in a Worker that uses it, as the kernel does. */
import { wholeBpf } from "./facade/whole-bpf.ts";

Object.defineProperty(globalThis, "kernelbookBpf", { value: wholeBpf, configurable: true });
