#include "check.h"

// Writes at an offset, whatever the file's own is, and whether or not it appends.
static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak;
  __wasi_ciovec_t parts[2] = {{(const uint8_t *)"ab", 2}, {(const uint8_t *)"cd", 2}};
  __wasi_size_t n;
  __wasi_filesize_t at;
  OK(__wasi_fd_pwrite(fd, parts, 2, 3, &n));
  IS(n, 4);
  holds(fd, "\0\0\0abcd", 7);
  OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
  OK(__wasi_fd_pwrite(fd, parts, 1, 0, &n));
  holds(fd, "ab\0abcd", 7);
  OK(__wasi_fd_tell(fd, &at));
  IS(at, 0);
  OK(__wasi_fd_pwrite(fd, parts, 0, 1000, &n));
  IS(size_of(fd), 7);
  IS(__wasi_fd_pwrite(fd, parts, 1, -1, &n), E(INVAL));
  IS(__wasi_fd_pwrite(fd, parts, 1025, 0, &n), E(INVAL));
  IS(__wasi_fd_pwrite(fd, parts, 1, 1ULL << 62, &n), E(FBIG));
  IS(__wasi_fd_pwrite(fd, parts, 1, 1ULL << 50, &n), E(NOSPC));
  IS(__wasi_fd_pwrite(fd, NOWHERE, 1, 0, &n), E(FAULT));
  weak = file("f", BASIC);
  IS(__wasi_fd_pwrite(weak, parts, 1, 0, &n), E(BADF));
  weak = file("f", R(FD_WRITE));
  IS(__wasi_fd_pwrite(weak, parts, 1, 0, &n), E(NOTCAPABLE));
  IS(__wasi_fd_pwrite(out, parts, 1, 0, &n), E(BADF));
  IS(__wasi_fd_pwrite(1, parts, 1, 0, &n), E(SPIPE));
  IS(__wasi_fd_pwrite(CLOSED, parts, 1, 0, &n), E(BADF));
}
