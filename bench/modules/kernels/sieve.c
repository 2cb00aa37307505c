/* Counts primes: bytes written in strides. */
#include "kernel.h"

#define LIMIT (1 << 20)

static unsigned char composite[LIMIT];

static APART int count_primes(void) {
  int primes = 0;
  for (int number = 0; number < LIMIT; number++) composite[number] = 0;
  for (int number = 2; number < LIMIT; number++) {
    if (composite[number]) continue;
    primes++;
    for (int multiple = 2 * number; multiple < LIMIT; multiple += number) composite[multiple] = 1;
  }
  return primes;
}

int main(int argc, char **argv) {
  uint64_t checksum = 1;
  for (int left = rounds_of(argc, argv); left > 0; left--) checksum = mixed(checksum, count_primes());
  return finish(checksum);
}
