// Reads the file /input, as its arguments say, and prints how many bytes it read:
//   sequence BYTES BLOCK   from the beginning, BLOCK bytes at a time
//   anywhere READS BLOCK   BLOCK bytes at a place of the file, READS times
// Every read looks at what it got, so that nothing is left out.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char block[1 << 20];
static uint64_t seen;

/* Multiplication by this number and addition visit every place before any again (Knuth's MMIX generator). */
static uint64_t next_place(uint64_t state) { return state * 6364136223846793005u + 1442695040888963407u; }

static int take(long long got, size_t wanted) {
  if (got != (long long)wanted) return printf("%lld bytes came instead of %zu\n", got, wanted), 0;
  for (size_t at = 0; at < wanted; at += 4096) seen += block[at];
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long long count = atoll(argv[2]), total = 0;
  size_t size = (size_t)atoll(argv[3]);
  int file = open("/input", O_RDONLY);
  struct stat found;
  if (file < 0 || fstat(file, &found) || size > sizeof block) return perror("/input"), 1;
  if (!strcmp(argv[1], "sequence")) {
    for (; total < count; total += size)
      if (!take(read(file, block, size), size)) return 1;
  } else {
    uint64_t state = 1;
    for (long long done = 0; done < count; done++, total += size) {
      state = next_place(state);
      if (!take(pread(file, block, size, (state >> 16) % (found.st_size - size)), size)) return 1;
    }
  }
  printf("read %lld bytes, seen %llu\n", total, (unsigned long long)seen);
  return close(file);
}
