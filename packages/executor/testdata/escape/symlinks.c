// Links of every kind: what they can be, and that none leads out.
#include "attack.h"

static char path[8192];

// "../" as often as `count`, and then `rest`.
static const char *up(int count, const char *rest) {
  char *at = path;
  for (; count; count--) memcpy(at, "../", 3), at += 3;
  strcpy(at, rest[0] == '/' ? rest + 1 : rest);
  return path;
}

// None of these ways leads to `target`, an absolute path of the host.
static void unreachable(const char *target) {
  IS(open_at(ROOT, target, FOLLOW, 0), E(PERM));
  IS(open_at(out, target, FOLLOW, 0), E(PERM));
  IS(__wasi_path_symlink(target, out, "absolute"), E(PERM));
  for (int depth = 1; depth < 40; depth += 3) {
    IS(open_at(ROOT, up(depth, target), FOLLOW, 0), E(PERM));
    IS(open_at(out, up(depth, target), FOLLOW, 0), E(PERM));
    OK(__wasi_path_symlink(up(depth, target), out, "up"));
    IS(open_at(out, "up", FOLLOW, 0), E(PERM));
    IS(open_at(ROOT, "out/up", FOLLOW, 0), depth == 1 ? E(NOENT) : E(PERM));
    IS(open_at(out, "up", 0, 0), E(LOOP));
    IS(open_at(out, "up/", 0, 0), E(PERM));
    IS(open_at(out, "up/x", FOLLOW, __WASI_OFLAGS_CREAT), E(PERM));
    IS(open_at(out, "up", FOLLOW, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC), E(PERM));
    OK(__wasi_path_unlink_file(out, "up"));
  }
  // From within the root it is the guest's own folder of that name, and there is none.
  IS(open_at(ROOT, target + 1, FOLLOW, 0), E(NOENT));
}

static void two_links(void) {
  // The way out of folders that hosts guard by names: one link up, and one through it.
  OK(__wasi_path_create_directory(out, "a"));
  OK(__wasi_path_create_directory(out, "a/b"));
  OK(__wasi_path_symlink("a/b/../../..", out, "one"));
  OK(__wasi_path_symlink("one/../..", out, "two"));
  OK(__wasi_path_symlink("two/etc", out, "three"));
  IS(open_at(out, "one", FOLLOW, 0), E(PERM));
  IS(open_at(out, "two", FOLLOW, 0), E(PERM));
  IS(open_at(out, "three/passwd", FOLLOW, 0), E(PERM));
  IS(open_at(ROOT, "out/three/passwd", FOLLOW, 0), E(PERM));
  OK(open_at(ROOT, "out/one", FOLLOW, 0));
  // A folder that is the root of what was opened is a wall, wherever it stands.
  __wasi_fd_t b = folder("a/b", FOLDER);
  IS(open_at(b, "..", 0, 0), E(PERM));
  OK(__wasi_path_symlink("..", b, "up"));
  IS(open_at(b, "up", FOLLOW, 0), E(PERM));
  OK(open_at(out, "a/b/up", FOLLOW, 0));
  OK(__wasi_fd_close(b));
}

static void loops(void) {
  char name[8] = "l00", next[8] = "l00";
  OK(__wasi_path_symlink("self", out, "self"));
  IS(open_at(out, "self", FOLLOW, 0), E(LOOP));
  IS(open_at(out, "self/x", 0, 0), E(LOOP));
  OK(__wasi_path_symlink("pong", out, "ping"));
  OK(__wasi_path_symlink("ping/ping", out, "pong"));
  IS(open_at(out, "ping", FOLLOW, 0), E(LOOP));
  // A chain of 60: the last 40 links lead to the file, one more is a loop.
  put_file("end", "end");
  for (int i = 0; i < 60; i++) {
    name[1] = '0' + i / 10, name[2] = '0' + i % 10;
    next[1] = '0' + (i + 1) / 10, next[2] = '0' + (i + 1) % 10;
    OK(__wasi_path_symlink(i == 59 ? "end" : next, out, name));
  }
  OK(open_at(out, "l20", FOLLOW, 0));
  IS(open_at(out, "l19", FOLLOW, 0), E(LOOP));
  // Each of two links through itself twice: 2^40 ways, of which 40 are gone.
  OK(__wasi_path_symlink("wide/wide/wide/wide", out, "wide"));
  IS(open_at(out, "wide", FOLLOW, 0), E(LOOP));
}

static void targets(void) {
  // A target is text: what names may not be, it may not be either, where it is followed.
  memset(path, 'a', 4096);
  OK(raw_path_symlink(path, 4096, out, "long", 4));
  IS(open_at(out, "long", FOLLOW, 0), E(NAMETOOLONG));
  IS(raw_path_symlink(path, 4097, out, "longer", 6), E(NAMETOOLONG));
  for (int i = 1; i < 4096; i += 2) path[i] = '/';
  OK(raw_path_symlink(path, 4096, out, "deep", 4));
  IS(open_at(out, "deep", FOLLOW, 0), E(NOENT));
  OK(__wasi_path_symlink("a\nb\\c", out, "odd"));
  IS(open_at(out, "odd", FOLLOW, 0), E(NOENT));
  // A link that hangs is made a file by nobody, and not through itself.
  OK(__wasi_path_symlink("nothing", out, "hanging"));
  OK(open_at(out, "hanging", FOLLOW, __WASI_OFLAGS_CREAT));
  OK(exists("nothing"));
  IS(open_at(out, "hanging", FOLLOW, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL), E(EXIST));
}

static void hard_links(void) {
  OK(__wasi_path_symlink("../../..", out, "out-of-here"));
  OK(__wasi_path_link(out, 0, "out-of-here", out, "again"));
  IS(open_at(out, "again", FOLLOW, 0), E(PERM));
  OK(__wasi_path_create_directory(out, "deeper"));
  OK(__wasi_path_link(out, 0, "out-of-here", out, "deeper/again"));
  IS(open_at(ROOT, "out/deeper/again", FOLLOW, 0), E(PERM));
  IS(__wasi_path_link(out, 0, "deeper", out, "folder"), E(PERM));
  IS(__wasi_path_link(in, 0, "a", out, "input"), E(XDEV));
  IS(__wasi_path_link(out, FOLLOW, "out-of-here", out, "followed"), E(INVAL));
}

static void check(void) {
  read_arguments();
  for (int i = 0; i < 3; i++) unreachable(arguments[i]);
  unreachable("/etc/passwd");
  two_links();
  loops();
  targets();
  hard_links();
}
