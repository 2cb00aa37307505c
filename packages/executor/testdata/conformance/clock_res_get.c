#include "check.h"

static void check(void) {
  __wasi_timestamp_t t;
  for (int id = 0; id < 4; id++) {
    t = 0;
    OK(__wasi_clock_res_get(id, &t));
    IS(t, 1000);
  }
  IS(__wasi_clock_res_get(4, &t), E(INVAL));
  IS(__wasi_clock_res_get(0, NOWHERE), E(FAULT));
}
