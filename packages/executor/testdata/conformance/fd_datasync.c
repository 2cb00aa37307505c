#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC);
  OK(__wasi_fd_datasync(fd));
  OK(__wasi_fd_datasync(1));
  IS(__wasi_fd_datasync(weak), E(NOTCAPABLE));
  IS(__wasi_fd_datasync(CLOSED), E(BADF));
}
