#include "check.h"
#define RENAME(from, to) __wasi_path_rename(out, from, out, to)
#define MKDIR(path) OK(__wasi_path_create_directory(out, path))

static void files(void) {
  put(file("a", FULL), "first");
  OK(RENAME("a", "b"));
  IS(exists("a"), E(NOENT));
  make("a");
  OK(RENAME("b", "a"));
  IS(exists("b"), E(NOENT));
  holds(file("a", FULL), "first", 5);
  OK(RENAME("a", "a"));
  // Two names of one file: nothing to do.
  OK(__wasi_path_link(out, 0, "a", out, "b"));
  OK(RENAME("a", "b"));
  OK(exists("a"));
  OK(__wasi_path_unlink_file(out, "b"));
  IS(RENAME("a", "x/"), E(NOTDIR));
  IS(RENAME("a/", "x"), E(NOTDIR));
  IS(RENAME("none", "x"), E(NOENT));
  IS(RENAME("a", "none/x"), E(NOENT));
  IS(RENAME("a", "a/x"), E(NOTDIR));
  IS(RENAME("a", "\x01"), E(ILSEQ));
  // A link is renamed itself.
  OK(__wasi_path_symlink("a", out, "link"));
  OK(RENAME("link", "moved"));
  OK(exists("a"));
}

static void folders(void) {
  MKDIR("d");
  OK(RENAME("d/", "e/"));
  MKDIR("d");
  OK(RENAME("e", "d"));
  IS(exists("e"), E(NOENT));
  OK(RENAME("a", "d/a"));
  MKDIR("e");
  IS(RENAME("e", "d"), E(NOTEMPTY));
  IS(RENAME("e", "d/a"), E(NOTDIR));
  IS(RENAME("d/a", "e"), E(ISDIR));
  IS(RENAME("d", "d/inside"), E(INVAL));
  IS(RENAME(".", "x"), E(BUSY));
  IS(RENAME("e/.", "x"), E(BUSY));
  IS(RENAME("e", "x/."), E(NOENT));
  IS(RENAME("d", "."), E(BUSY));
  IS(RENAME("..", "x"), E(PERM));
  IS(RENAME("d", "../x"), E(PERM));
  OK(RENAME("d", "e/d"));
  OK(exists("e/d/a"));
  // What is open moves along.
  __wasi_fd_t d = folder("e/d", FOLDER);
  __wasi_filestat_t s;
  OK(RENAME("e/d", "d"));
  OK(__wasi_path_filestat_get(d, 0, "a", &s));
}

static void check(void) {
  files();
  folders();
  IS(__wasi_path_rename(in, "a", out, "x"), E(ROFS));
  IS(__wasi_path_rename(out, "d/a", in, "x"), E(ROFS));
  IS(__wasi_path_rename(ROOT, "in", out, "x"), E(ROFS));
  IS(__wasi_path_rename(folder("d", R(PATH_RENAME_TARGET)), "a", out, "x"), E(NOTCAPABLE));
  IS(__wasi_path_rename(out, "e", folder("d", R(PATH_RENAME_SOURCE)), "x"), E(NOTCAPABLE));
  IS(__wasi_path_rename(CLOSED, "d", out, "x"), E(BADF));
  IS(__wasi_path_rename(out, "d", CLOSED, "x"), E(BADF));
}
