#include "check.h"

static void check(void) {
  OK(__wasi_sched_yield());
}
