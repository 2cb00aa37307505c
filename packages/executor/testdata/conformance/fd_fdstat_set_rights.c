#include "check.h"

// Rights are given up for good, and what is opened below has none of them.
static void check(void) {
  __wasi_fd_t fd = file("f", FULL), below;
  __wasi_fdstat_t s;
  __wasi_filesize_t at;
  OK(__wasi_fd_fdstat_set_rights(fd, R(FD_SEEK), 0));
  OK(__wasi_fd_fdstat_get(fd, &s));
  IS(s.fs_rights_base, R(FD_SEEK));
  IS(s.fs_rights_inheriting, 0);
  OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &at));
  IS(__wasi_fd_tell(fd, &at), E(NOTCAPABLE));
  IS(__wasi_fd_fdstat_set_rights(fd, R(FD_SEEK) | R(FD_TELL), 0), E(NOTCAPABLE));
  IS(__wasi_fd_fdstat_set_rights(fd, R(FD_SEEK), R(FD_READ)), E(NOTCAPABLE));
  IS(__wasi_fd_fdstat_set_rights(fd, 1ULL << 63, 0), E(NOTCAPABLE));
  OK(__wasi_fd_fdstat_set_rights(fd, 0, 0));
  OK(__wasi_fd_fdstat_set_rights(out, R(PATH_OPEN), R(FD_READ)));
  OK(open_in(out, "f", 0, FULL, &below));
  OK(__wasi_fd_fdstat_get(below, &s));
  IS(s.fs_rights_base, R(FD_READ));
  IS(s.fs_rights_inheriting, R(FD_READ));
  IS(open_in(out, "g", __WASI_OFLAGS_CREAT, FULL, &below), E(NOTCAPABLE));
  IS(open_in(out, "f", __WASI_OFLAGS_TRUNC, FULL, &below), E(PERM));
  IS(__wasi_fd_fdstat_set_rights(CLOSED, 0, 0), E(BADF));
}
