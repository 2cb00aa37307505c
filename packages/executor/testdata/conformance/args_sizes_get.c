#include "check.h"

static void check(void) {
  __wasi_size_t count, size;
  OK(__wasi_args_sizes_get(&count, &size));
  IS(count, 3);
  IS(size, 1 + 4 + 10);
  IS(__wasi_args_sizes_get(NOWHERE, &size), E(FAULT));
  IS(__wasi_args_sizes_get(&count, NOWHERE), E(FAULT));
}
