#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC);
  __wasi_filesize_t at;
  __wasi_fdstat_t s;
  put(fd, "abc");
  OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
  OK(__wasi_fd_fdstat_get(fd, &s));
  IS(s.fs_flags, __WASI_FDFLAGS_APPEND);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  put(fd, "def");
  holds(fd, "abcdef", 6);
  OK(__wasi_fd_fdstat_set_flags(fd, 0));
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  put(fd, "x");
  holds(fd, "xbcdef", 6);
  OK(__wasi_fd_fdstat_set_flags(0, __WASI_FDFLAGS_NONBLOCK));
  IS(__wasi_fd_fdstat_set_flags(fd, 0x20), E(INVAL));
  IS(__wasi_fd_fdstat_set_flags(weak, 0), E(NOTCAPABLE));
  IS(__wasi_fd_fdstat_set_flags(CLOSED, 0), E(BADF));
}
