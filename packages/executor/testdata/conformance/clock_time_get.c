#include "check.h"

// Each look lets a microsecond pass; the wall clock starts at the job's epoch, the others at nothing.
static void check(void) {
  __wasi_timestamp_t t, u;
  OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &t));
  IS(t, 1000);
  OK(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &u));
  IS(u, 2000);
  OK(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &t));
  IS(t, 946684800000003000ULL);
  OK(__wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &t));
  IS(t, 4000);
  OK(__wasi_clock_time_get(__WASI_CLOCKID_THREAD_CPUTIME_ID, 0, &t));
  IS(t, 5000);
  IS(__wasi_clock_time_get(4, 0, &t), E(INVAL));
  IS(__wasi_clock_time_get(0, 0, NOWHERE), E(FAULT));
}
