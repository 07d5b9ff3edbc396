/** What the figures about processes, files and programs draw: found out by the simulator. */

/** One story of a figure, told by what the machine held after each step. */
interface Story<Moment> {
  /** Unique in its figure; part of an address. */
  readonly id: string;
  readonly title: string;
  /** What to watch. */
  readonly hint: string;
  readonly moments: readonly Moment[];
}

export type DescriptorStory = Story<DescriptorMoment>;

/** All descriptors of the processes that take part, after one call. */
export interface DescriptorMoment {
  /** The call that was made: `dup2(3, 1)`. */
  readonly call: string;
  /** Who made it; 0 before the first call. */
  readonly pid: number;
  readonly says: string;
  readonly processes: readonly DescriptorTable[];
  /** Each open file once, in the order in which they were opened. */
  readonly openFiles: readonly OpenFile[];
}

export interface DescriptorTable {
  readonly pid: number;
  readonly comm: string;
  readonly descriptors: readonly { readonly fd: number; readonly openFile: number }[];
}

export interface OpenFile {
  readonly id: number;
  readonly path: string;
  readonly ino: number;
  readonly pos: number;
  /** As open(2) was told: `O_RDWR | O_APPEND`. */
  readonly flags: string;
}

export type PathStory = Story<PathMoment> & {
  readonly path: string;
  /** What open(2) answered for the whole path: "0" or the name of an error. */
  readonly answer: string;
  /** The part of the tree that the walk can meet, from the root, children behind their directory. */
  readonly tree: readonly TreeName[];
};

/** One name of the tree. */
export interface TreeName {
  /** From the root: `/home/ala`; what is mounted on a directory counts as that directory. */
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly kind: FileKind;
  /** As ls prints it: `drwxr-xr-x`. */
  readonly mode: string;
  readonly owner: string;
  readonly ino: number;
  /** Where a symbolic link points. */
  readonly target?: string;
  /** The type of the file system whose root this is. */
  readonly mounted?: string;
}

export type FileKind = "directory" | "link" | "file";

/** A walk after one component. */
export interface PathMoment {
  /** The component that was looked up; "/" at the beginning. */
  readonly component: string;
  /** Where the walk stands, from the root. */
  readonly at: string;
  /** What is left to walk. */
  readonly remaining: string;
  /** Symbolic links followed so far. */
  readonly links: number;
  /** The mount, numbered from 1 in the order in which the walk met them. */
  readonly mount: number;
  /** The name of an error; "" when there was none. */
  readonly error: string;
  readonly says: string;
}

export type PipeStory = Story<PipeMoment> & {
  /** Bytes that the pipe holds. */
  readonly capacity: number;
};

/** A pipe and the processes at its two ends. */
export interface PipeMoment {
  readonly timeNs: number;
  /** Bytes in the pipe. */
  readonly level: number;
  readonly writer: PipeEnd;
  readonly reader: PipeEnd;
  readonly says: string;
}

export interface PipeEnd {
  readonly comm: string;
  /** Linux's letter: R, S, Z; X when it is gone. */
  readonly state: string;
  readonly does: string;
}

export type ProcessStory = Story<ProcessMoment>;

/** The processes of a machine at one moment. */
export interface ProcessMoment {
  readonly timeNs: number;
  readonly says: string;
  /** In the order of a tree: children behind their parent. */
  readonly processes: readonly TreeProcess[];
}

export interface TreeProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly depth: number;
  readonly comm: string;
  readonly state: string;
  readonly why: string;
}

/** An executable file, its program headers, and the memory that execve made of it. */
export interface ElfMap {
  readonly name: string;
  readonly fileSize: number;
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  readonly mappings: readonly ElfMapping[];
}

export interface ElfSegment {
  /** `LOAD`, `GNU_STACK` … */
  readonly type: string;
  readonly offset: number;
  readonly fileSize: number;
  readonly address: number;
  readonly memorySize: number;
  /** `R`, `RW`, `RX`. */
  readonly flags: string;
  /** The sections that lie in it. */
  readonly holds: string;
}

export interface ElfMapping {
  readonly from: number;
  readonly to: number;
  /** `r-xp`. */
  readonly permissions: string;
  readonly offset: number;
  /** The file, `[stack]`, `[vdso]`, or "" for anonymous memory. */
  readonly name: string;
  /** The segment that it was made from: place in `segments`. */
  readonly segment?: number;
}

/** A program and its libraries, and how the dynamic linker searches them. */
export type LinkStory = Story<LinkMoment> & {
  /** In the order in which they are searched, the program first. */
  readonly files: readonly LinkedFile[];
  /** How the program was started: `LD_PRELOAD=liblog.so shop`. */
  readonly command: string;
};

export interface LinkedFile {
  readonly name: string;
  /** The libraries that it names itself. */
  readonly needed: readonly string[];
  /** What it defines; a weak definition in brackets. */
  readonly defines: readonly string[];
}

/** A file that is loaded, or a file that is searched for a symbol. */
export interface LinkMoment {
  readonly kind: "load" | "miss" | "found" | "nowhere";
  readonly file: string;
  /** How many files are loaded. */
  readonly loaded: number;
  /** What is looked for, and who refers to it; empty while files are loaded. */
  readonly symbol: string;
  readonly from: string;
  /** The references that are bound so far. */
  readonly bound: readonly {
    readonly symbol: string;
    readonly from: string;
    readonly to: string;
  }[];
  readonly says: string;
}
