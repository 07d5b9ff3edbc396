/** What uname(2) tells, one set a UTS namespace. @linux include/linux/utsname.h */
export class UtsNamespace {
  readonly sysname = "Linux";
  nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine = "x86_64";
  domainname = "(none)";

  constructor(nodename: string, release: string, version: string) {
    this.nodename = nodename;
    this.release = release;
    this.version = version;
  }

  copy(): UtsNamespace {
    const copy = new UtsNamespace(this.nodename, this.release, this.version);
    copy.domainname = this.domainname;
    return copy;
  }
}
