#include "check.h"

static void check(void) {
  __wasi_fd_t fd, weak;
  uint8_t a[4] = {0}, b[16] = {0};
  __wasi_iovec_t parts[2] = {{a, 4}, {b, 16}};
  __wasi_size_t n;
  OK(open_in(in, "a", 0, BASIC, &fd));
  OK(__wasi_fd_read(fd, parts, 1, &n));
  IS(n, 4);
  IS(memcmp(a, "inpu", 4), 0);
  OK(__wasi_fd_read(fd, parts, 2, &n));
  IS(n, 2);
  IS(memcmp(a, "t\n", 2), 0);
  OK(__wasi_fd_read(fd, parts, 2, &n));
  IS(n, 0);
  OK(__wasi_fd_read(fd, parts, 0, &n));
  IS(n, 0);
  OK(__wasi_fd_read(0, parts, 2, &n));
  IS(n, 13);
  IS(memcmp(a, "from", 4) | memcmp(b, " outside\n", 9), 0);
  OK(__wasi_fd_read(0, parts, 2, &n));
  IS(n, 0);
  IS(__wasi_fd_read(fd, parts, 1025, &n), E(INVAL));
  IS(__wasi_fd_read(fd, NOWHERE, 1, &n), E(FAULT));
  IS(__wasi_fd_read(fd, parts, 1, NOWHERE), E(FAULT));
  weak = file("f", R(FD_WRITE));
  IS(__wasi_fd_read(weak, parts, 1, &n), E(BADF));
  IS(__wasi_fd_read(1, parts, 1, &n), E(BADF));
  IS(__wasi_fd_read(out, parts, 1, &n), E(BADF));
  IS(__wasi_fd_read(CLOSED, parts, 1, &n), E(BADF));
}
