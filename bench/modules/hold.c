// Uses 8 MiB of memory, then waits until the first byte of the file that it is given can be read.
#include <fcntl.h>
#include <unistd.h>

#define BYTES (8 * 1024 * 1024)

static volatile char used[BYTES];

int main(int argc, char **argv) {
  for (int at = 0; at < BYTES; at += 1024) used[at] = 1;
  char byte;
  int file = argc > 1 ? open(argv[1], O_RDONLY) : -1;
  return file < 0 || read(file, &byte, 1) != 1;
}
