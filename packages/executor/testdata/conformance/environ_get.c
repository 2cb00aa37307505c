#include "check.h"

// Variables come sorted by name, each with its NUL.
static void check(void) {
  uint8_t *table[2], text[8];
  OK(__wasi_environ_get(table, text));
  IS(strcmp((char *)table[0], "A=1"), 0);
  IS(strcmp((char *)table[1], "B=2"), 0);
  IS(__wasi_environ_get(NOWHERE, text), E(FAULT));
  IS(__wasi_environ_get(table, NOWHERE), E(FAULT));
}
