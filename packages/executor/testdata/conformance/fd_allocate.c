#include "check.h"

// A file grows to hold what is asked for, and never shrinks.
static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC | R(FD_WRITE));
  OK(__wasi_fd_allocate(fd, 0, 100));
  IS(size_of(fd), 100);
  OK(__wasi_fd_allocate(fd, 10, 10));
  IS(size_of(fd), 100);
  OK(__wasi_fd_allocate(fd, 90, 20));
  IS(size_of(fd), 110);
  IS(__wasi_fd_allocate(fd, 0, 0), E(INVAL));
  IS(__wasi_fd_allocate(fd, -1, 1), E(INVAL));
  IS(__wasi_fd_allocate(fd, 0, -1), E(INVAL));
  IS(__wasi_fd_allocate(fd, 1, 1ULL << 62), E(FBIG));
  IS(__wasi_fd_allocate(fd, 0, 1ULL << 50), E(NOSPC));
  IS(size_of(fd), 110);
  IS(__wasi_fd_allocate(weak, 0, 1), E(NOTCAPABLE));
  IS(__wasi_fd_allocate(out, 0, 1), E(BADF));
  IS(__wasi_fd_allocate(1, 0, 1), E(SPIPE));
  IS(__wasi_fd_allocate(CLOSED, 0, 1), E(BADF));
}
