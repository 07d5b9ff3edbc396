import { PTR_TO_BTF_ID, PTR_TRUSTED } from "../reg-type.ts";
import { type CtxAccess, type CtxRequest, isRead } from "./access.ts";

const U64_BYTES = 8;

function objectOf(btfType: string): CtxAccess {
  return { regType: PTR_TO_BTF_ID | PTR_TRUSTED, btfType };
}

/** By offset in `struct bpf_nf_ctx`. */
const FIELDS: Readonly<Record<number, CtxAccess>> = {
  0: objectOf("nf_hook_state"),
  8: objectOf("sk_buff"),
};

/** Kernel objects, read only. @linux net/netfilter/nf_bpf_link.c `nf_is_valid_access` (6.18) */
export function netfilterIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return isRead(request) && request.size === U64_BYTES ? FIELDS[request.off] : undefined;
}
