/** A policy's answer. A refusal says why, so that the page can say what to do about it. */
export type Decision<Because extends string> =
  | { readonly kind: "allowed" }
  | { readonly kind: "denied"; readonly because: Because };

export const ALLOWED = { kind: "allowed" } as const;

export function denied<Because extends string>(because: Because): Decision<Because> {
  return { kind: "denied", because };
}
