#include "check.h"

RAW(proc_raise)(int signal);

// There are no signals.
static void check(void) {
  for (int signal = 0; signal < 32; signal++) IS(raw_proc_raise(signal), E(NOSYS));
}
