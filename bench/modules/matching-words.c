// A real program of about 80 KB that returns at once when it is given no arguments. Given a pattern and words it
// lists those that match with their values, sorted: enough to link regular expressions, number parsing, sorting
// and formatted output from the C library.
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *word;
  long value;
} Entry;

static int by_value(const void *a, const void *b) {
  const Entry *left = a, *right = b;
  if (left->value != right->value) return left->value < right->value ? -1 : 1;
  return strcmp(left->word, right->word);
}

static int list_matches(const char *pattern, int count, char **words) {
  regex_t expression;
  int status = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB);
  if (status != 0) {
    char reason[128];
    regerror(status, &expression, reason, sizeof reason);
    fprintf(stderr, "Cannot read the pattern \"%s\": %s\n", pattern, reason);
    return 1;
  }
  Entry *entries = calloc(count, sizeof *entries);
  if (entries == NULL) {
    perror("Cannot keep the words");
    return 1;
  }
  int matches = 0;
  for (int index = 0; index < count; index++) {
    if (regexec(&expression, words[index], 0, NULL, 0) != 0) continue;
    char *end;
    long value = strtol(words[index], &end, 10);
    entries[matches++] = (Entry){words[index], end == words[index] ? (long)strlen(words[index]) : value};
  }
  qsort(entries, matches, sizeof *entries, by_value);
  for (int index = 0; index < matches; index++) {
    printf("%-20s %12ld\n", entries[index].word, entries[index].value);
  }
  free(entries);
  regfree(&expression);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 2) return list_matches(argv[1], argc - 2, argv + 2);
  printf("%d words\n", argc > 1 ? argc - 1 : 0);
  return 0;
}
