#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC);
  put(fd, "12345");
  for (int advice = 0; advice < 6; advice++) OK(__wasi_fd_advise(fd, 1, 2, advice));
  OK(__wasi_fd_advise(fd, 0, 0, 0));
  OK(__wasi_fd_advise(fd, 1000, 1000, 0));
  IS(size_of(fd), 5);
  IS(__wasi_fd_advise(fd, 0, 0, 6), E(INVAL));
  IS(__wasi_fd_advise(fd, -1, 0, 0), E(INVAL));
  IS(__wasi_fd_advise(fd, 0, -1, 0), E(INVAL));
  IS(__wasi_fd_advise(weak, 0, 0, 0), E(NOTCAPABLE));
  IS(__wasi_fd_advise(out, 0, 0, 0), E(BADF));
  IS(__wasi_fd_advise(1, 0, 0, 0), E(SPIPE));
  IS(__wasi_fd_advise(CLOSED, 0, 0, 0), E(BADF));
}
