#include "check.h"

// Reads at an offset and leaves the file's own where it is.
static void check(void) {
  __wasi_fd_t fd = file("f", FULL), input, weak;
  uint8_t a[3] = {0}, b[3] = {0};
  __wasi_iovec_t parts[2] = {{a, 3}, {b, 3}};
  __wasi_size_t n;
  __wasi_filesize_t at;
  put(fd, "12345");
  OK(__wasi_fd_pread(fd, parts, 2, 1, &n));
  IS(n, 4);
  IS(memcmp(a, "234", 3) | memcmp(b, "5\0\0", 3), 0);
  OK(__wasi_fd_tell(fd, &at));
  IS(at, 5);
  OK(__wasi_fd_pread(fd, parts, 2, 5, &n));
  IS(n, 0);
  OK(__wasi_fd_pread(fd, parts, 2, 1ULL << 60, &n));
  IS(n, 0);
  OK(__wasi_fd_pread(fd, parts, 0, 0, &n));
  IS(n, 0);
  OK(open_in(in, "a", 0, BASIC, &input));
  OK(__wasi_fd_pread(input, parts, 1, 2, &n));
  IS(memcmp(a, "put", 3), 0);
  IS(__wasi_fd_pread(fd, parts, 1, -1, &n), E(INVAL));
  IS(__wasi_fd_pread(fd, parts, 1025, 0, &n), E(INVAL));
  IS(__wasi_fd_pread(fd, NOWHERE, 1, 0, &n), E(FAULT));
  IS(__wasi_fd_pread(fd, parts, 1, 0, NOWHERE), E(FAULT));
  parts[1].buf = NOWHERE, parts[1].buf_len = 100;
  IS(__wasi_fd_pread(fd, parts, 2, 0, &n), E(FAULT));
  weak = file("f", R(FD_SEEK) | R(FD_WRITE));
  IS(__wasi_fd_pread(weak, parts, 1, 0, &n), E(BADF));
  weak = file("f", R(FD_READ));
  IS(__wasi_fd_pread(weak, parts, 1, 0, &n), E(NOTCAPABLE));
  IS(__wasi_fd_pread(out, parts, 1, 0, &n), E(BADF));
  IS(__wasi_fd_pread(0, parts, 1, 0, &n), E(SPIPE));
  IS(__wasi_fd_pread(CLOSED, parts, 1, 0, &n), E(BADF));
}
