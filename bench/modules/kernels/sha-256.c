/* Hashes a buffer again and again (FIPS 180-4). */
#include "kernel.h"

#define BYTES 65536
#define PASSES 8

/* What is behind the point in the cube roots of the first 64 primes; the state begins with square roots. */
static uint32_t constants[64];
static uint32_t state[8];
static uint8_t buffer[BYTES];

static uint32_t rotated(uint32_t word, int by) {
  return word >> by | word << (32 - by);
}

static void add_block(const uint8_t *block) {
  uint32_t words[64];
  for (int i = 0; i < 16; i++, block += 4) {
    words[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
  }
  for (int i = 16; i < 64; i++) {
    uint32_t early = words[i - 15], late = words[i - 2];
    uint32_t small0 = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3;
    uint32_t small1 = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10;
    words[i] = words[i - 16] + small0 + words[i - 7] + small1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t large1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    uint32_t large0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    uint32_t first = h + large1 + ((e & f) ^ (~e & g)) + constants[i] + words[i];
    uint32_t second = large0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

/* The root of a prime, with 32 bits behind the point: the largest number whose power isn't above it. */
static uint64_t root(unsigned prime, int power) {
  uint64_t found = 0;
  for (int bit = 36; bit >= 0; bit--) {
    uint64_t tried = found | 1ull << bit;
    unsigned __int128 raised = (unsigned __int128)tried * tried;
    if (power == 3) raised *= tried;
    if (raised >> (32 * power) < prime) found = tried;
  }
  return found;
}

static void prepare(void) {
  int count = 0;
  for (unsigned number = 2; count < 64; number++) {
    unsigned divisor = 2;
    while (divisor < number && number % divisor != 0) divisor++;
    if (divisor < number) continue;
    if (count < 8) state[count] = (uint32_t)root(number, 2);
    constants[count++] = (uint32_t)root(number, 3);
  }
}

static APART void hash_buffer(void) {
  for (int at = 0; at < BYTES; at += 64) add_block(buffer + at);
}

int main(int argc, char **argv) {
  uint64_t checksum = 1;
  prepare();
  for (int at = 0; at < BYTES; at++) buffer[at] = (uint8_t)(at * 7 + (at >> 8));
  for (int left = rounds_of(argc, argv); left > 0; left--) {
    for (int pass = 0; pass < PASSES; pass++) hash_buffer();
    for (int i = 0; i < 8; i++) checksum = mixed(checksum, state[i]);
  }
  return finish(checksum);
}
