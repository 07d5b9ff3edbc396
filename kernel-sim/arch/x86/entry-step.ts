/** One step of the way into the kernel or out of it, for a figure that shows them in order. */
export type EntryStep =
  | {
      readonly kind: "interrupt";
      readonly vector: number;
      readonly cause: "software" | "exception" | "external";
    }
  | {
      readonly kind: "gate-read";
      readonly address: number;
      readonly selector: number;
      readonly offset: number;
      readonly dpl: number;
      readonly type: "interrupt" | "trap";
    }
  | {
      readonly kind: "privilege-check";
      readonly cpl: number;
      readonly gateDpl: number;
      readonly isChecked: boolean;
      readonly passes: boolean;
    }
  | {
      readonly kind: "code-segment";
      readonly selector: number;
      readonly dpl: number;
      readonly changesRing: boolean;
    }
  | {
      readonly kind: "tss-read";
      readonly address: number;
      readonly ss: number;
      readonly esp: number;
    }
  | { readonly kind: "sysenter" | "sysexit" }
  | { readonly kind: "msr-read"; readonly msr: number; readonly value: number }
  | { readonly kind: "stack-switch"; readonly ss: number; readonly esp: number }
  | {
      readonly kind: "push";
      readonly what: string;
      readonly address: number;
      readonly value: number;
    }
  | { readonly kind: "flags"; readonly before: number; readonly after: number }
  | { readonly kind: "jump"; readonly cs: number; readonly eip: number; readonly cpl: number }
  | {
      readonly kind: "pop";
      readonly what: string;
      readonly address: number;
      readonly value: number;
    };
