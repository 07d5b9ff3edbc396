/** The fields of uname(2) that the kernel knows of itself. */
export interface UtsFacts {
  readonly sysname?: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine?: string;
}

/** What uname(2) tells, one set a UTS namespace. @linux include/linux/utsname.h */
export class UtsNamespace {
  readonly sysname: string;
  nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
  domainname = "(none)";

  constructor({ sysname = "Linux", nodename, release, version, machine = "x86_64" }: UtsFacts) {
    this.sysname = sysname;
    this.nodename = nodename;
    this.release = release;
    this.version = version;
    this.machine = machine;
  }

  copy(): UtsNamespace {
    const copy = new UtsNamespace(this);
    copy.domainname = this.domainname;
    return copy;
  }
}
