import { EINVAL } from "../../include/errno.ts";
import { LoadedProgram } from "../program.ts";
import { BPF_PROG_TYPE_XDP } from "../uapi.ts";
import type { MapHost } from "./map-host.ts";
import { ProgMapOwner } from "./prog-map-owner.ts";

/**
 * Which programs may stand in the values of a map of devices or CPUs.
 *
 * @linux kernel/bpf/devmap.c `__dev_map_alloc_node`, kernel/bpf/cpumap.c `__cpu_map_load_bpf_program` (6.18)
 */
export class XdpProgSlot {
  readonly #host: MapHost;
  readonly #attachType: number;
  readonly owner = new ProgMapOwner(false);

  constructor(host: MapHost, attachType: number) {
    this.#host = host;
    this.#attachType = attachType;
  }

  /** The number of the program behind a descriptor, or -EINVAL. */
  numberOf(fd: number): number {
    const prog = this.#host.objectOf(fd);
    if (!(prog instanceof LoadedProgram) || prog.type !== BPF_PROG_TYPE_XDP) return -EINVAL;
    if (prog.expectedAttachType !== this.#attachType) return -EINVAL;
    return this.owner.isCompatible(prog) ? prog.id : -EINVAL;
  }
}
