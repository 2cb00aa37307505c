#include "check.h"

// What is cut off comes back as zeros.
static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC | R(FD_WRITE));
  put(fd, "12345");
  OK(__wasi_fd_filestat_set_size(fd, 2));
  OK(__wasi_fd_filestat_set_size(fd, 4));
  holds(fd, "12\0\0", 4);
  OK(__wasi_fd_filestat_set_size(fd, 0));
  IS(size_of(fd), 0);
  IS(__wasi_fd_filestat_set_size(fd, -1), E(INVAL));
  IS(__wasi_fd_filestat_set_size(fd, 1ULL << 50), E(NOSPC));
  IS(__wasi_fd_filestat_set_size(weak, 0), E(NOTCAPABLE));
  IS(__wasi_fd_filestat_set_size(out, 0), E(BADF));
  IS(__wasi_fd_filestat_set_size(1, 0), E(SPIPE));
  IS(__wasi_fd_filestat_set_size(CLOSED, 0), E(BADF));
}
