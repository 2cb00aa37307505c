/* Multiplies, shifts and adds integers of 32 and 64 bits, each from the one before. */
#include "kernel.h"

#define TURNS 2000000

static APART uint64_t turn(uint64_t state) {
  uint32_t hash = (uint32_t)state;
  for (int count = 0; count < TURNS; count++) {
    hash ^= count;
    hash *= 0x9e3779b1u;
    hash ^= hash >> 15;
    state = state * 0x5851f42d4c957f2dull + hash;
    if (state & 64) hash += 11;
  }
  return state ^ hash;
}

int main(int argc, char **argv) {
  uint64_t checksum = 1;
  for (int left = rounds_of(argc, argv); left > 0; left--) checksum = mixed(checksum, turn(checksum));
  return finish(checksum);
}
