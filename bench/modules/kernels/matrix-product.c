/* Multiplies two matrices of doubles, a row with a column at a time. */
#include <string.h>
#include "kernel.h"

#define SIZE 256

static double left[SIZE][SIZE], right[SIZE][SIZE], product[SIZE][SIZE];

static APART void multiply(void) {
  for (int row = 0; row < SIZE; row++) {
    for (int column = 0; column < SIZE; column++) {
      double sum = 0;
      for (int inner = 0; inner < SIZE; inner++) sum += left[row][inner] * right[inner][column];
      product[row][column] = sum;
    }
  }
}

int main(int argc, char **argv) {
  uint64_t checksum = 1;
  for (int row = 0; row < SIZE; row++) {
    for (int column = 0; column < SIZE; column++) {
      left[row][column] = row * 0.5 + column;
      right[row][column] = row - column * 0.25;
    }
  }
  for (int round = rounds_of(argc, argv); round > 0; round--) {
    left[round % SIZE][3] += 1;
    multiply();
    uint64_t bits;
    memcpy(&bits, &product[round % SIZE][5], sizeof bits);
    checksum = mixed(checksum, bits);
  }
  return finish(checksum);
}
