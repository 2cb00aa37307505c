#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), other = file("g", FULL), weak = file("f", R(FD_READ));
  __wasi_filestat_t s, t;
  put(fd, "12345");
  OK(__wasi_fd_filestat_get(fd, &s));
  IS(s.filetype, __WASI_FILETYPE_REGULAR_FILE);
  IS(s.size, 5);
  IS(s.nlink, 1);
  IS(s.atim >= 946684800000000000ULL, 1);
  OK(__wasi_fd_filestat_get(other, &t));
  IS(s.dev, t.dev);
  IS(s.ino != t.ino, 1);
  OK(__wasi_fd_filestat_get(out, &t));
  IS(t.filetype, __WASI_FILETYPE_DIRECTORY);
  OK(__wasi_path_filestat_get(out, 0, "f", &t));
  IS(memcmp(&s, &t, sizeof s), 0);
  OK(__wasi_fd_filestat_get(0, &t));
  IS(t.filetype, __WASI_FILETYPE_UNKNOWN);
  IS(t.size, 0);
  IS(__wasi_fd_filestat_get(weak, &t), E(NOTCAPABLE));
  IS(__wasi_fd_filestat_get(CLOSED, &t), E(BADF));
  IS(__wasi_fd_filestat_get(fd, NOWHERE), E(FAULT));
}
