#include "check.h"

// What is closed is gone, and its number is the next to be given.
static void check(void) {
  __wasi_fd_t fd = file("f", FULL), next = file("g", FULL);
  OK(__wasi_fd_close(fd));
  IS(__wasi_fd_close(fd), E(BADF));
  IS(file("h", FULL), fd);
  OK(__wasi_fd_close(next));
  OK(__wasi_fd_close(in));
  IS(__wasi_fd_close(CLOSED), E(BADF));
  IS(__wasi_fd_close(-1), E(BADF));
  // A file without a name lives as long as it is open.
  OK(__wasi_path_unlink_file(out, "h"));
  put(fd, "still here");
  IS(size_of(fd), 10);
  OK(__wasi_fd_close(fd));
  OK(__wasi_fd_close(0));
  OK(__wasi_fd_close(ROOT));
  IS(__wasi_fd_close(ROOT), E(BADF));
}
