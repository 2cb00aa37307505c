/** How far a process is kept from the machine that it runs on. */
export type Confinement = "confined" | "limited";

/** A program and its arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** What a confined process sees of the machine's files. */
export interface Visible {
  /** The program that it runs. */
  readonly program: string;
  /** A folder that it may read. */
  readonly folder: string;
}

/** No core dumps, nothing written to any file, and the first to go when the machine has no memory left. */
const LIMIT = "ulimit -c 0; ulimit -f 0; echo 1000 > /proc/self/oom_score_adj;";

const LIMITED = `${LIMIT} exec env -i "$@"`;

/**
 * Namespaces of its own: no network but a loopback that is down, no way to look into processes outside, and as files
 * nothing but the system's libraries, one program and one folder, none of which can be written.
 *
 * /dev is where the new root is put together, since it is there on every machine and the process needs nothing in it.
 */
const CONFINED = `${LIMIT} exec unshare --user --map-root-user --mount --net --ipc --uts sh -c "$0" sh "$@"`;
const BUILD_ROOT = `set -e
show() {
  mkdir -p "/dev$1"
  mount --rbind "$1" "/dev$1"
  mount -o remount,bind,ro "/dev$1"
}
folder=$1
program=$2
shift 2
mount -t tmpfs -o mode=755,size=1m gadus /dev
for path in /usr /lib /lib32 /lib64 /bin /sbin; do
  if [ -L "$path" ]; then ln -s "$(readlink "$path")" "/dev$path"
  elif [ -d "$path" ]; then show "$path"
  fi
done
show "$folder"
if [ ! -e "/dev$program" ]; then
  mkdir -p "/dev\${program%/*}"
  : > "/dev$program"
fi
mount --bind "$program" "/dev$program"
mount -o remount,bind,ro "/dev$program"
mkdir /dev/old /dev/proc
mount --rbind /proc /dev/proc
mount -o remount,bind,ro /dev
cd /dev
pivot_root . old
cd /
umount -l /old
umount -l /proc
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all env -i "$program" "$@"`;

/**
 * What starts `program` with `args`, confined as far as `confinement` says and this system can; the process that
 * is started becomes it. Where it can't be confined, it ends at once.
 */
export function confine(
  confinement: Confinement,
  { program, folder }: Visible,
  args: readonly string[],
): Command {
  if (process.platform !== "linux") return { file: program, args };
  const file = "/bin/sh";
  if (confinement === "limited") return { file, args: ["-c", LIMITED, "sh", program, ...args] };
  return { file, args: ["-c", CONFINED, BUILD_ROOT, folder, program, ...args] };
}
