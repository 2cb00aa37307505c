#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC);
  OK(__wasi_fd_sync(fd));
  OK(__wasi_fd_sync(1));
  IS(__wasi_fd_sync(weak), E(NOTCAPABLE));
  IS(__wasi_fd_sync(CLOSED), E(BADF));
}
