#include "check.h"

static void check(void) {
  __wasi_size_t count, size;
  OK(__wasi_environ_sizes_get(&count, &size));
  IS(count, 2);
  IS(size, 8);
  IS(__wasi_environ_sizes_get(NOWHERE, &size), E(FAULT));
  IS(__wasi_environ_sizes_get(&count, NOWHERE), E(FAULT));
}
