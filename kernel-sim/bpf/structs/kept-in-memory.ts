/** Members of structures that lie in BPF's own memory, and are written there when a program is first shown them. */
export const KEPT_IN_MEMORY = Object.freeze({
  css_set: ["dfl_cgrp"],
  cgroup: ["self", "kn", "ancestors"],
  cgroup_subsys_state: ["cgroup", "id"],
  kernfs_node: ["id", "name"],
  kmem_cache: ["size", "object_size", "name"],
} as const);
