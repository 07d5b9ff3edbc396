const KIND_NAMES: readonly string[] = [
  ...["UNKNOWN", "INT", "PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FWD", "TYPEDEF", "VOLATILE"],
  ...["CONST", "RESTRICT", "FUNC", "FUNC_PROTO", "VAR", "DATASEC", "FLOAT", "DECL_TAG"],
  ...["TYPE_TAG", "ENUM64"],
];

/** @linux kernel/bpf/btf.c `btf_type_str` (6.18) */
export function btfTypeStr({ kind }: { readonly kind: number }): string {
  return KIND_NAMES[kind]!;
}
