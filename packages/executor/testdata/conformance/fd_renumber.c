#include "check.h"

static void check(void) {
  __wasi_fd_t from = file("f", FULL), to = file("g", FULL);
  __wasi_filestat_t s;
  put(from, "moved");
  OK(__wasi_fd_renumber(from, to));
  IS(size_of(to), 5);
  IS(__wasi_fd_filestat_get(from, &s), E(BADF));
  IS(__wasi_fd_renumber(from, to), E(BADF));
  IS(__wasi_fd_renumber(to, from), E(BADF));
  IS(__wasi_fd_renumber(to, CLOSED), E(BADF));
  OK(__wasi_fd_renumber(to, to));
  IS(size_of(to), 5);
  // Streams and folders that were open from the start are as good as any other.
  OK(__wasi_fd_renumber(to, 0));
  IS(size_of(0), 5);
  OK(__wasi_fd_renumber(out, ROOT));
  OK(__wasi_path_filestat_get(ROOT, 0, "f", &s));
}
