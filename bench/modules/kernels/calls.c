/* Fibonacci numbers by recursion: calls, and nothing else. */
#include "kernel.h"

static APART int fibonacci(int number) {
  return number < 2 ? number : fibonacci(number - 1) + fibonacci(number - 2);
}

int main(int argc, char **argv) {
  uint64_t checksum = 1;
  for (int left = rounds_of(argc, argv); left > 0; left--) checksum = mixed(checksum, fibonacci(29 + (checksum & 1)));
  return finish(checksum);
}
