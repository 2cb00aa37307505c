// Sizes and places beyond everything, in files of which hardly a byte is written.
#include "attack.h"

static void check(void) {
  __wasi_filesize_t at;
  __wasi_size_t n;
  uint8_t byte = 'x';
  __wasi_ciovec_t part = {&byte, 1};
  __wasi_fd_t fd = file("sparse", FULL);
  OK(__wasi_fd_seek(fd, 1LL << 50, __WASI_WHENCE_SET, &at));
  IS(__wasi_fd_write(fd, &part, 1, &n), E(NOSPC));
  IS(__wasi_fd_seek(fd, 1LL << 62, __WASI_WHENCE_SET, &at), E(INVAL));
  IS(__wasi_fd_seek(fd, 0x7fffffffffffffff, __WASI_WHENCE_CUR, &at), E(INVAL));
  IS(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at), E(INVAL));
  IS(__wasi_fd_seek(fd, (-0x7fffffffffffffff - 1), __WASI_WHENCE_END, &at), E(INVAL));
  OK(__wasi_fd_seek(fd, (1LL << 53) - 1, __WASI_WHENCE_SET, &at));
  IS(__wasi_fd_write(fd, &part, 1, &n), E(FBIG));
  IS(__wasi_fd_seek(fd, 1, __WASI_WHENCE_CUR, &at), E(INVAL));
  IS(__wasi_fd_pwrite(fd, &part, 1, 1ULL << 62, &n), E(FBIG));
  IS(__wasi_fd_pwrite(fd, &part, 1, 0xffffffffffffffff, &n), E(INVAL));
  IS(__wasi_fd_pwrite(fd, &part, 1, 1ULL << 40, &n), E(NOSPC));
  IS(__wasi_fd_allocate(fd, 0, 1ULL << 60), E(NOSPC));
  IS(__wasi_fd_allocate(fd, 1ULL << 62, 1ULL << 62), E(FBIG));
  IS(__wasi_fd_allocate(fd, 0xffffffffffffffff, 2), E(INVAL));
  IS(__wasi_fd_allocate(fd, 2, 0xffffffffffffffff), E(INVAL));
  IS(__wasi_fd_filestat_set_size(fd, 1ULL << 40), E(NOSPC));
  IS(__wasi_fd_filestat_set_size(fd, 0x7fffffffffffffff), E(NOSPC));
  IS(__wasi_fd_filestat_set_size(fd, 0xffffffffffffffff), E(INVAL));
  IS(size_of(fd), 0);
  // What was refused took nothing: all of the quota is there, to its last byte, and again once it is given back.
  for (int i = 0; i < 3; i++) {
    OK(__wasi_fd_filestat_set_size(fd, 1 << 20));
    IS(__wasi_fd_pwrite(fd, &part, 1, 1 << 20, &n), E(NOSPC));
    IS(__wasi_path_symlink("x", out, "link"), E(NOSPC));
    OK(__wasi_fd_filestat_set_size(fd, 0));
  }
  // A file without a name counts until it is closed.
  OK(__wasi_fd_filestat_set_size(fd, 1 << 20));
  OK(__wasi_path_unlink_file(out, "sparse"));
  __wasi_fd_t other = file("other", FULL);
  IS(__wasi_fd_write(other, &part, 1, &n), E(NOSPC));
  OK(__wasi_fd_close(fd));
  OK(__wasi_fd_write(other, &part, 1, &n));
}
