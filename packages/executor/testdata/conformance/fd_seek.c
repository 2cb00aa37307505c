#include "check.h"

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", R(FD_READ) | R(FD_TELL)), none = file("f", R(FD_READ));
  __wasi_filesize_t at;
  put(fd, "12345");
  OK(__wasi_fd_seek(fd, 2, __WASI_WHENCE_SET, &at));
  IS(at, 2);
  OK(__wasi_fd_seek(fd, 2, __WASI_WHENCE_CUR, &at));
  IS(at, 4);
  OK(__wasi_fd_seek(fd, -3, __WASI_WHENCE_CUR, &at));
  IS(at, 1);
  OK(__wasi_fd_seek(fd, -1, __WASI_WHENCE_END, &at));
  IS(at, 4);
  OK(__wasi_fd_seek(fd, 10, __WASI_WHENCE_END, &at));
  IS(at, 15);
  IS(__wasi_fd_seek(fd, -16, __WASI_WHENCE_CUR, &at), E(INVAL));
  IS(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at), E(INVAL));
  IS(__wasi_fd_seek(fd, INT64_MAX, __WASI_WHENCE_CUR, &at), E(INVAL));
  IS(__wasi_fd_seek(fd, 0, 3, &at), E(INVAL));
  OK(__wasi_fd_tell(fd, &at));
  IS(at, 15);
  // Beyond the end is a hole once something is written.
  put(fd, "x");
  IS(size_of(fd), 16);
  OK(__wasi_fd_seek(weak, 0, __WASI_WHENCE_CUR, &at));
  IS(__wasi_fd_seek(weak, 1, __WASI_WHENCE_CUR, &at), E(NOTCAPABLE));
  IS(__wasi_fd_seek(none, 0, __WASI_WHENCE_CUR, &at), E(NOTCAPABLE));
  IS(__wasi_fd_seek(out, 0, __WASI_WHENCE_CUR, &at), E(BADF));
  IS(__wasi_fd_seek(1, 0, __WASI_WHENCE_CUR, &at), E(SPIPE));
  IS(__wasi_fd_seek(CLOSED, 0, __WASI_WHENCE_CUR, &at), E(BADF));
  IS(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, NOWHERE), E(FAULT));
}
