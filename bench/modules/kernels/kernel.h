/* What the kernels share. Each does its work `rounds` times, as its first argument says, and prints a checksum.
   Built for a machine instead of WebAssembly, it also says on stderr how many microseconds of CPU it took. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#ifndef __wasm__
#include <stdio.h>
#include <sys/resource.h>
#endif

#define APART __attribute__((noinline))

static int rounds_of(int argc, char **argv) {
  return argc > 1 ? atoi(argv[1]) : 1;
}

static uint64_t mixed(uint64_t checksum, uint64_t value) {
  checksum ^= value;
  checksum *= 0x100000001b3u;
  return checksum ^ (checksum >> 29);
}

static int finish(uint64_t checksum) {
  char line[17];
  for (int digit = 0; digit < 16; digit++) line[digit] = "0123456789abcdef"[(checksum >> (60 - 4 * digit)) & 15];
  line[16] = '\n';
  if (write(1, line, sizeof line) != sizeof line) return 1;
#ifndef __wasm__
  struct rusage used;
  if (getrusage(RUSAGE_SELF, &used) != 0) return 1;
  fprintf(stderr, "%lld\n", (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000ll + used.ru_utime.tv_usec + used.ru_stime.tv_usec);
#endif
  return 0;
}
