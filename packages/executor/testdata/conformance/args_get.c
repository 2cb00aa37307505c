#include "check.h"

// Arguments come in order, each with its NUL, the program's own empty name first.
static void check(void) {
  uint8_t *table[3], text[15];
  OK(__wasi_args_get(table, text));
  IS(table[0], text);
  IS(table[0][0], 0);
  IS(strcmp((char *)table[1], "one"), 0);
  IS(strcmp((char *)table[2], "two words"), 0);
  IS(table[2] + 10, text + 15);
  IS(__wasi_args_get(NOWHERE, text), E(FAULT));
  IS(__wasi_args_get(table, NOWHERE), E(FAULT));
}
