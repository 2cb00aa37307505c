#include "check.h"
#define A __WASI_FSTFLAGS_ATIM
#define A_NOW __WASI_FSTFLAGS_ATIM_NOW
#define M __WASI_FSTFLAGS_MTIM
#define M_NOW __WASI_FSTFLAGS_MTIM_NOW

static void check(void) {
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC), input;
  __wasi_filestat_t s;
  OK(__wasi_fd_filestat_set_times(fd, 5, 7, A | M));
  OK(__wasi_fd_filestat_get(fd, &s));
  IS(s.atim, 5);
  IS(s.mtim, 7);
  OK(__wasi_fd_filestat_set_times(fd, 9, 9, M));
  OK(__wasi_fd_filestat_get(fd, &s));
  IS(s.atim, 5);
  IS(s.mtim, 9);
  OK(__wasi_fd_filestat_set_times(fd, 9, 9, 0));
  OK(__wasi_fd_filestat_set_times(fd, 0, 0, A_NOW | M_NOW));
  OK(__wasi_fd_filestat_get(fd, &s));
  IS(s.atim >= 946684800000000000ULL, 1);
  IS(s.mtim, s.atim);
  OK(__wasi_fd_filestat_set_times(out, 3, 3, A | M));
  IS(__wasi_fd_filestat_set_times(fd, 0, 0, A | A_NOW), E(INVAL));
  IS(__wasi_fd_filestat_set_times(fd, 0, 0, M | M_NOW), E(INVAL));
  IS(__wasi_fd_filestat_set_times(fd, 0, 0, 0x10), E(INVAL));
  OK(open_in(in, "a", 0, R(FD_READ) | R(FD_FILESTAT_SET_TIMES), &input));
  IS(__wasi_fd_filestat_set_times(input, 1, 1, M), E(ROFS));
  IS(__wasi_fd_filestat_set_times(weak, 1, 1, M), E(NOTCAPABLE));
  IS(__wasi_fd_filestat_set_times(0, 1, 1, M), E(NOTCAPABLE));
  IS(__wasi_fd_filestat_set_times(CLOSED, 1, 1, M), E(BADF));
}
