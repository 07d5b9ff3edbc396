import type { KernelStructs } from "../bpf/structs/kernel-structs.ts";
import type { KernelArg } from "../kernel/function-probes.ts";

const LOFF_T_BYTES = 8;

/** An argument that the simulator has as a plain value, where Linux has an object: known as long as the call lasts. */
export class GivenValue {
  value: string | number = 0;
}

/** What the arguments of one call of a function are to programs, the same at its entry and its return. */
export class CallArguments {
  readonly #given: (GivenValue | undefined)[] = [];

  /** @returns numbers, and addresses as numbers with a sign */
  words(structs: KernelStructs, args: readonly KernelArg[]): number[] {
    return args.map((arg, i) => {
      if (typeof arg === "number") return arg;
      const { struct, of } = arg;
      // What a task has given, as it is.
      if (of instanceof Uint8Array) return structs.addressOfBytes(of, of.length, () => of);
      if (typeof of === "object" && of !== null) return structs.addressOf(struct, of);
      if (typeof of !== "string" && typeof of !== "number") return 0;
      const given = this.#givenAt(i);
      given.value = of;
      if (struct !== "loff_t") return structs.addressOf(struct, given);
      return structs.addressOfBytes(given, LOFF_T_BYTES, () => positionOf(given));
    });
  }

  #givenAt(i: number): GivenValue {
    const given = this.#given[i] ?? new GivenValue();
    this.#given[i] = given;
    return given;
  }
}

function positionOf({ value }: GivenValue): Uint8Array {
  const view = new DataView(new ArrayBuffer(LOFF_T_BYTES));
  view.setBigInt64(0, BigInt(value), true);
  return new Uint8Array(view.buffer);
}
