#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), end;
  static uint8_t block[65536];
  __wasi_ciovec_t parts[2] = {{(const uint8_t *)"ab", 2}, {(const uint8_t *)"cd", 2}};
  __wasi_size_t n;
  __wasi_filesize_t at;
  OK(__wasi_fd_write(fd, parts, 2, &n));
  IS(n, 4);
  holds(fd, "abcd", 4);
  OK(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at));
  OK(__wasi_fd_write(fd, parts, 1, &n));
  holds(fd, "aabd", 4);
  OK(__wasi_path_open(out, 0, "f", 0, FULL, 0, __WASI_FDFLAGS_APPEND, &end));
  OK(__wasi_fd_write(end, parts, 2, &n));
  OK(__wasi_fd_tell(end, &at));
  IS(at, 8);
  holds(fd, "aabdabcd", 8);
  OK(__wasi_fd_write(fd, parts, 0, &n));
  IS(n, 0);
  OK(__wasi_fd_write(2, parts, 0, &n));
  IS(__wasi_fd_write(fd, parts, 1025, &n), E(INVAL));
  IS(__wasi_fd_write(fd, NOWHERE, 1, &n), E(FAULT));
  // Of what doesn't fit, whole parts that do are written, and an error is told only where none was.
  OK(__wasi_fd_filestat_set_size(fd, 1024 * 1024 - 10));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_END, &at));
  parts[1].buf = block, parts[1].buf_len = sizeof block;
  OK(__wasi_fd_write(fd, parts, 2, &n));
  IS(n, 2);
  IS(__wasi_fd_write(fd, parts + 1, 1, &n), E(NOSPC));
  IS(__wasi_fd_write(file("f", BASIC), parts, 1, &n), E(BADF));
  IS(__wasi_fd_write(0, parts, 1, &n), E(BADF));
  IS(__wasi_fd_write(out, parts, 1, &n), E(BADF));
  IS(__wasi_fd_write(CLOSED, parts, 1, &n), E(BADF));
}
