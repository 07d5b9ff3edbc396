import type { UnverifiedRunAttr, UnverifiedRunResult, UnverifiedStop } from "../api.ts";
import { checkedRuns } from "../bpf/checked/checked-runs.ts";
import { type Fault, hex64 } from "../bpf/checked/fault.ts";
import { errnoName } from "../include/errno.ts";
import { makeBpfError } from "./bpf-error.ts";
import { facade } from "./facade.ts";
import type { OpenKernel } from "./map.ts";
import { inputsOf, loadRequest } from "./prog.ts";

const FUEL = 1_000_000;
const FUEL_MAX = 0x7fff_ffff;
const ENGINES = ["interpreter", "jit"];

/** Runs a program under checks instead of verifying it. */
export function runUnverifiedProgram(
  open: OpenKernel,
  attr: UnverifiedRunAttr,
): UnverifiedRunResult {
  const kernel = open();
  const { fuel = FUEL, engine = "interpreter" } = attr;
  if (!Number.isInteger(fuel) || fuel < 0 || fuel > FUEL_MAX) {
    throw new TypeError(`fuel is a whole number of 31 bits, not ${String(fuel)}`);
  }
  if (!ENGINES.includes(engine)) throw new TypeError(`there is no engine "${String(engine)}"`);
  const { progType, expectedAttachType, insns } = loadRequest(kernel, attr);
  const outcome = checkedRuns().runUnverified(
    kernel,
    { progType, expectedAttachType, progFlags: 0, insns: insns ?? [] },
    { ...inputsOf(progType, attr), repeat: 0, fuel, isCompiled: engine === "jit" },
  );
  if (typeof outcome === "number") {
    throw makeBpfError(`the program cannot be run: ${errnoName(-outcome)}`, -outcome);
  }
  const { errno, retval, executed, dataOut, ctxOut, fault } = outcome;
  const hasEnded = errno === 0 && fault === undefined;
  return facade({
    errno: Math.abs(errno),
    retval: hasEnded ? retval : undefined,
    ...(dataOut === undefined ? {} : { dataOut }),
    ...(ctxOut === undefined ? {} : { ctxOut }),
    insnsExecuted: executed,
    stop: fault && stopOf(fault),
  });
}

function stopOf({
  cause,
  slot,
  text,
  message,
  register,
  low,
  high,
  place,
  linux,
}: Fault): UnverifiedStop {
  const hasRegister = register >= 0;
  return facade({
    ...{ cause, insnIndex: slot, insn: text, message },
    register: hasRegister ? `R${register}` : undefined,
    value: hasRegister ? hex64(low, high) : undefined,
    place:
      place &&
      facade({
        ...{ access: place.access, sizeBytes: place.size, address: hex64(place.low, place.high) },
        ...{ kind: place.kind === "" ? "none" : place.kind, memory: place.memory },
      }),
    linux: facade(linux),
  });
}
