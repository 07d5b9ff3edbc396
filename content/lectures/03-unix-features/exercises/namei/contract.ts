export interface Inode {
  readonly type: "directory" | "file" | "symlink";
  /** The nine permission bits, 0o000 to 0o777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a directory: its names, without `.` and `..`, and the number of each one's inode. */
  readonly entries?: Readonly<Record<string, number>>;
  /** Of a directory: the one above it in the same file system; its own number for the root. */
  readonly parent?: number;
  /** Of a symbolic link: its text. */
  readonly target?: string;
}

export interface FileSystem {
  /** By their numbers. */
  readonly inodes: readonly Inode[];
  readonly root: number;
}

/** A place where a walk may stand: an inode, as seen in one mount. */
export interface Place {
  /** Its index in `World.mounts`. */
  readonly mount: number;
  readonly ino: number;
}

export interface Mount {
  readonly fileSystem: FileSystem;
  /** What it is mounted on; undefined for the first one, whose root is the root of everything. */
  readonly on?: Place;
}

export interface World {
  readonly mounts: readonly Mount[];
}

/** Who walks. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
}

/** What a submission exports. */
export interface Submission {
  /** Where `path` leads, or a negative errno. */
  readonly resolve: (
    world: World,
    caller: Caller,
    cwd: Place,
    path: string,
    followLast: boolean,
  ) => Place | number;
}
