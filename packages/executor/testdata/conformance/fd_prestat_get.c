#include "check.h"

static void check(void) {
  __wasi_prestat_t p;
  OK(__wasi_fd_prestat_get(ROOT, &p));
  IS(p.tag, __WASI_PREOPENTYPE_DIR);
  IS(p.u.dir.pr_name_len, 1);
  for (int fd = 0; fd < 3; fd++) IS(__wasi_fd_prestat_get(fd, &p), E(BADF));
  IS(__wasi_fd_prestat_get(out, &p), E(BADF));
  IS(__wasi_fd_prestat_get(CLOSED, &p), E(BADF));
  IS(__wasi_fd_prestat_get(ROOT, NOWHERE), E(FAULT));
}
