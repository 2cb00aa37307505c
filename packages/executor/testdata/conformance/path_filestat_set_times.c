#include "check.h"
#define SET(flags, path, a, m, which) __wasi_path_filestat_set_times(out, flags, path, a, m, which)
#define A __WASI_FSTFLAGS_ATIM
#define M __WASI_FSTFLAGS_MTIM

static void check(void) {
  __wasi_filestat_t s;
  make("f");
  OK(__wasi_path_symlink("f", out, "link"));
  OK(SET(0, "f", 5, 7, A | M));
  OK(SET(0, "link", 1, 2, A | M));
  OK(__wasi_path_filestat_get(out, 0, "f", &s));
  IS(s.atim, 5);
  IS(s.mtim, 7);
  OK(__wasi_path_filestat_get(out, 0, "link", &s));
  IS(s.mtim, 2);
  OK(SET(FOLLOW, "link", 0, 9, M));
  OK(__wasi_path_filestat_get(out, FOLLOW, "link", &s));
  IS(s.atim, 5);
  IS(s.mtim, 9);
  OK(SET(0, "f", 0, 0, __WASI_FSTFLAGS_ATIM_NOW | __WASI_FSTFLAGS_MTIM_NOW));
  OK(__wasi_path_filestat_get(out, 0, "f", &s));
  IS(s.atim >= 946684800000000000ULL, 1);
  IS(SET(0, "f", 0, 0, A | __WASI_FSTFLAGS_ATIM_NOW), E(INVAL));
  IS(SET(0, "f", 0, 0, M | __WASI_FSTFLAGS_MTIM_NOW), E(INVAL));
  IS(SET(0, "f", 0, 0, 0x10), E(INVAL));
  IS(SET(0, "none", 0, 0, M), E(NOENT));
  IS(SET(0, "f/", 0, 0, M), E(NOTDIR));
  IS(SET(0, "../x", 0, 0, M), E(PERM));
  IS(__wasi_path_filestat_set_times(in, 0, "a", 0, 0, M), E(ROFS));
  OK(__wasi_path_create_directory(out, "d"));
  IS(__wasi_path_filestat_set_times(folder("d", 0), 0, ".", 0, 0, M), E(NOTCAPABLE));
  IS(__wasi_path_filestat_set_times(CLOSED, 0, "f", 0, 0, M), E(BADF));
}
