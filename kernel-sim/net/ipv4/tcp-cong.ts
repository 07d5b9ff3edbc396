import { EEXIST, EINVAL } from "../../include/errno.ts";

/** How TCP paces a connection, by its name. @linux include/net/tcp.h `struct tcp_congestion_ops` (6.18) */
export interface TcpCongestionOps {
  readonly name: string;
}

/**
 * The ways that a machine knows.
 *
 * @linux net/ipv4/tcp_cong.c `tcp_cong_list` (6.18)
 * @simplified names are compared, in Linux the hash of them.
 */
export class TcpCongestionControls {
  #all: readonly TcpCongestionOps[] = [{ name: "reno" }, { name: "cubic" }];

  /** @linux net/ipv4/tcp_cong.c `tcp_register_congestion_control` (6.18) */
  register(ops: TcpCongestionOps): 0 | number {
    if (this.#named(ops.name) !== undefined) return -EEXIST;
    this.#all = [...this.#all, ops];
    return 0;
  }

  /** @linux net/ipv4/tcp_cong.c `tcp_unregister_congestion_control` (6.18) */
  unregister(ops: TcpCongestionOps): void {
    this.#all = this.#all.filter((each) => each !== ops);
  }

  /**
   * Puts another into the place of one with the same name.
   *
   * @linux net/ipv4/tcp_cong.c `tcp_update_congestion_control` (6.18)
   * @simplified one may replace itself, in which Linux 6.18 meets a BUG of its list.
   */
  update(ops: TcpCongestionOps, old: TcpCongestionOps): 0 | number {
    if (ops.name !== old.name || this.#named(old.name) !== old) return -EINVAL;
    this.unregister(old);
    return this.register(ops);
  }

  #named(name: string): TcpCongestionOps | undefined {
    return this.#all.find((each) => each.name === name);
  }
}
