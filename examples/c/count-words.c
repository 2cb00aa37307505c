// Counts the words of every file in a folder and writes "<count> <name>" lines, and their sum, to a file.
// Usage: count-words FOLDER RESULT
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

static long count(FILE *file) {
  long words = 0;
  int inside = 0;
  for (int c; (c = getc(file)) != EOF;) {
    int letter = !isspace(c);
    words += letter && !inside;
    inside = letter;
  }
  return words;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: count-words FOLDER RESULT\n");
    return 2;
  }
  DIR *folder = opendir(argv[1]);
  FILE *result = fopen(argv[2], "w");
  if (!folder || !result) {
    perror(folder ? argv[2] : argv[1]);
    return 1;
  }
  long sum = 0;
  // Listings come sorted, on every node: no sorting here.
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_type != DT_REG) continue;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
    FILE *file = fopen(path, "r");
    if (!file) {
      perror(path);
      return 1;
    }
    long words = count(file);
    fclose(file);
    fprintf(result, "%ld %s\n", words, entry->d_name);
    sum += words;
  }
  fprintf(result, "%ld in all\n", sum);
  return fclose(result) ? 1 : 0;
}
