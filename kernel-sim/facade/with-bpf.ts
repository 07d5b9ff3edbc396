/** Puts BPF into the base: importing this gives machines BPF, its explanations, and what was recorded for it. */
import { explainRefusal } from "../bpf/explain/explain.ts";
import { recordings } from "../trace/recordings/index.ts";
import { installParts } from "./parts.ts";
import { wholeBpf } from "./whole-bpf.ts";

installParts({ bpf: wholeBpf, explanations: explainRefusal, recordings });
