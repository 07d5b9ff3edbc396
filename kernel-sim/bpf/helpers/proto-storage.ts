import {
  ARG_ANYTHING,
  ARG_CONST_MAP_PTR,
  ARG_PTR_TO_BTF_ID,
  ARG_PTR_TO_BTF_ID_SOCK_COMMON,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_MAP_VALUE,
  type FuncProto,
  RET_INTEGER,
  RET_PTR_TO_MAP_VALUE,
  RET_PTR_TO_MAP_VALUE_OR_NULL,
} from "../verifier/func-proto.ts";
import { PTR_MAYBE_NULL } from "../verifier/reg-type.ts";

/** The value that hangs on an object. @param btf the structure of the owner, if `owner` asks for one */
function get(owner: number, btf: string): FuncProto {
  return {
    ret: RET_PTR_TO_MAP_VALUE_OR_NULL,
    args: [ARG_CONST_MAP_PTR, owner, ARG_PTR_TO_MAP_VALUE | PTR_MAYBE_NULL, ARG_ANYTHING],
    argBtf: ["", btf],
  };
}

function drop(owner: number, btf: string): FuncProto {
  return { ret: RET_INTEGER, args: [ARG_CONST_MAP_PTR, owner], argBtf: ["", btf] };
}

const OBJECT_OR_NULL = ARG_PTR_TO_BTF_ID | PTR_MAYBE_NULL;

/**
 * Prototypes of helpers for values that hang on sockets, inodes, tasks and control groups.
 *
 * @linux kernel/bpf/bpf_task_storage.c, bpf_cgrp_storage.c, bpf_inode_storage.c, net/core/bpf_sk_storage.c (6.18)
 */
export const storageProtos: Readonly<Record<string, FuncProto>> = {
  task_storage_get: get(OBJECT_OR_NULL, "task_struct"),
  task_storage_delete: drop(OBJECT_OR_NULL, "task_struct"),
  cgrp_storage_get: get(OBJECT_OR_NULL, "cgroup"),
  cgrp_storage_delete: drop(OBJECT_OR_NULL, "cgroup"),
  inode_storage_get: get(OBJECT_OR_NULL, "inode"),
  inode_storage_delete: drop(OBJECT_OR_NULL, "inode"),
  sk_storage_get: get(ARG_PTR_TO_BTF_ID_SOCK_COMMON, ""),
  sk_storage_delete: drop(ARG_PTR_TO_BTF_ID_SOCK_COMMON, ""),
  /** Of the control group that the program hangs on: it is always there. */
  get_local_storage: {
    ret: RET_PTR_TO_MAP_VALUE,
    args: [ARG_CONST_MAP_PTR, ARG_ANYTHING],
  },
};

/** Where the socket is the context. */
export const ctxSkStorageProtos: Readonly<Record<string, FuncProto>> = {
  sk_storage_get: get(ARG_PTR_TO_CTX, ""),
};

/** @linux net/core/bpf_sk_storage.c `bpf_sk_storage_get_tracing_proto` (6.18) */
export const tracingSkStorageProtos: Readonly<Record<string, FuncProto>> = {
  sk_storage_get: get(OBJECT_OR_NULL, "sock_common"),
  sk_storage_delete: drop(OBJECT_OR_NULL, "sock_common"),
};
