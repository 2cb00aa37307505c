#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", R(FD_READ));
  __wasi_filesize_t at;
  OK(__wasi_fd_tell(fd, &at));
  IS(at, 0);
  put(fd, "12345");
  OK(__wasi_fd_tell(fd, &at));
  IS(at, 5);
  IS(__wasi_fd_tell(weak, &at), E(NOTCAPABLE));
  IS(__wasi_fd_tell(out, &at), E(BADF));
  IS(__wasi_fd_tell(1, &at), E(SPIPE));
  IS(__wasi_fd_tell(CLOSED, &at), E(BADF));
  IS(__wasi_fd_tell(fd, NOWHERE), E(FAULT));
}
