#include "check.h"

static void check(void) {
  uint8_t name[2] = {'?', '?'};
  OK(__wasi_fd_prestat_dir_name(ROOT, name, 1));
  IS(name[0], '/');
  OK(__wasi_fd_prestat_dir_name(ROOT, name, 2));
  IS(name[1], '?');
  IS(__wasi_fd_prestat_dir_name(ROOT, name, 0), E(NAMETOOLONG));
  IS(__wasi_fd_prestat_dir_name(0, name, 2), E(BADF));
  IS(__wasi_fd_prestat_dir_name(out, name, 2), E(BADF));
  IS(__wasi_fd_prestat_dir_name(CLOSED, name, 2), E(BADF));
  IS(__wasi_fd_prestat_dir_name(ROOT, (uint8_t *)-1, 2), E(FAULT));
}
