#include "check.h"

static void check(void) {
  __wasi_fdstat_t s;
  __wasi_fd_t fd;
  OK(__wasi_path_open(out, 0, "f", __WASI_OFLAGS_CREAT, BASIC, 0, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC, &fd));
  OK(__wasi_fd_fdstat_get(fd, &s));
  IS(s.fs_filetype, __WASI_FILETYPE_REGULAR_FILE);
  IS(s.fs_flags, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC);
  IS(s.fs_rights_base, BASIC);
  IS(s.fs_rights_inheriting, 0);
  // A file can't have a folder's rights, nor a folder a file's.
  OK(open_in(out, "f", 0, ALL, &fd));
  OK(__wasi_fd_fdstat_get(fd, &s));
  IS(s.fs_rights_base & (R(PATH_OPEN) | R(FD_READDIR)), 0);
  IS(s.fs_rights_base & (R(FD_READ) | R(FD_WRITE)), R(FD_READ) | R(FD_WRITE));
  OK(__wasi_fd_fdstat_get(ROOT, &s));
  IS(s.fs_filetype, __WASI_FILETYPE_DIRECTORY);
  IS(s.fs_flags, 0);
  IS(s.fs_rights_base & (R(FD_READ) | R(FD_SEEK) | R(FD_FILESTAT_SET_SIZE)), 0);
  IS(s.fs_rights_base & R(PATH_OPEN), R(PATH_OPEN));
  IS(s.fs_rights_inheriting & FULL, FULL);
  // Standard streams are no terminals: they can't be sought in, and are no character devices.
  for (int stream = 0; stream < 3; stream++) {
    OK(__wasi_fd_fdstat_get(stream, &s));
    IS(s.fs_filetype, __WASI_FILETYPE_UNKNOWN);
    IS(s.fs_rights_base & (R(FD_SEEK) | R(FD_TELL)), 0);
    IS(s.fs_rights_base & (R(FD_READ) | R(FD_WRITE)), stream ? R(FD_WRITE) : R(FD_READ));
  }
  IS(__wasi_fd_fdstat_get(CLOSED, &s), E(BADF));
  IS(__wasi_fd_fdstat_get(fd, NOWHERE), E(FAULT));
}
