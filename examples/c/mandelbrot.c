// Draws a part of the Mandelbrot set as a grey PGM image, one partition of the rows.
// Usage: mandelbrot WIDTH HEIGHT RESULT; the partition comes from the variables that every node sets.
#include <stdio.h>
#include <stdlib.h>

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text ? atoi(text) : otherwise;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: mandelbrot WIDTH HEIGHT RESULT\n");
    return 2;
  }
  int width = atoi(argv[1]), height = atoi(argv[2]);
  int part = number("GADUS_PARTITION_INDEX", 0), parts = number("GADUS_PARTITION_COUNT", 1);
  int first = height * part / parts, last = height * (part + 1) / parts;
  FILE *image = fopen(argv[3], "w");
  if (!image) {
    perror(argv[3]);
    return 1;
  }
  fprintf(image, "P5 %d %d 255\n", width, last - first);
  for (int row = first; row < last; row++) {
    for (int column = 0; column < width; column++) {
      double a = 3.0 * column / width - 2.0, b = 2.0 * row / height - 1.0, x = 0, y = 0;
      int steps = 0;
      for (; steps < 255 && x * x + y * y < 4; steps++) {
        double next = x * x - y * y + a;
        y = 2 * x * y + b;
        x = next;
      }
      putc(steps, image);
    }
  }
  return fclose(image) ? 1 : 0;
}
