#include "check.h"

static __wasi_filestat_t s;
#define STAT(flags, path) __wasi_path_filestat_get(out, flags, path, &s)

static void check(void) {
  put(file("f", FULL), "12345");
  OK(__wasi_path_create_directory(out, "d"));
  OK(__wasi_path_symlink("../f", out, "d/up"));
  OK(__wasi_path_symlink("none", out, "dangling"));
  OK(__wasi_path_symlink("b", out, "a"));
  OK(__wasi_path_symlink("a", out, "b"));
  OK(STAT(0, "f"));
  IS(s.filetype, __WASI_FILETYPE_REGULAR_FILE);
  IS(s.size, 5);
  OK(STAT(0, "d/"));
  IS(s.filetype, __WASI_FILETYPE_DIRECTORY);
  OK(STAT(0, "."));
  OK(STAT(0, "d/.."));
  OK(STAT(0, "d/up"));
  IS(s.filetype, __WASI_FILETYPE_SYMBOLIC_LINK);
  IS(s.size, 4);
  OK(STAT(FOLLOW, "d/up"));
  IS(s.filetype, __WASI_FILETYPE_REGULAR_FILE);
  OK(STAT(0, "dangling"));
  IS(STAT(FOLLOW, "dangling"), E(NOENT));
  OK(STAT(0, "a"));
  IS(STAT(FOLLOW, "a"), E(LOOP));
  IS(STAT(0, "a/x"), E(LOOP));
  IS(STAT(0, "none"), E(NOENT));
  IS(STAT(0, ""), E(NOENT));
  IS(STAT(0, "f/"), E(NOTDIR));
  IS(STAT(0, "f/x"), E(NOTDIR));
  IS(STAT(0, ".."), E(PERM));
  IS(STAT(0, "/f"), E(PERM));
  // A folder that is open is a root of its own: no link in it leads above.
  __wasi_fd_t d = folder("d", FOLDER);
  IS(__wasi_path_filestat_get(d, FOLLOW, "up", &s), E(PERM));
  OK(__wasi_path_filestat_get(in, 0, "sub/b", &s));
  IS(__wasi_path_filestat_get(out, 0, "f", NOWHERE), E(FAULT));
  IS(__wasi_path_filestat_get(folder("d", R(PATH_OPEN)), 0, "up", &s), E(NOTCAPABLE));
  IS(__wasi_path_filestat_get(file("f", FULL), 0, "x", &s), E(NOTDIR));
  IS(__wasi_path_filestat_get(CLOSED, 0, "f", &s), E(BADF));
}
