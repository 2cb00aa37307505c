#include "check.h"

// SHA-256 of the seed, 32 zero bytes here, and a 64-bit counter, block by block.
static void check(void) {
  static const uint8_t wanted[8] = {0x2c, 0x34, 0xce, 0x1d, 0xf2, 0x3b, 0x83, 0x8c};
  static uint8_t large[100000];
  uint8_t bytes[8] = {0};
  OK(__wasi_random_get(bytes, 0));
  IS(bytes[0], 0);
  OK(__wasi_random_get(bytes, 8));
  IS(memcmp(bytes, wanted, 8), 0);
  OK(__wasi_random_get(large, sizeof large));
  int zeros = 0;
  for (int i = 0; i < (int)sizeof large; i++) zeros += !large[i];
  IS(zeros > 200 && zeros < 600, 1);
  IS(__wasi_random_get(NOWHERE, 100), E(FAULT));
}
