// One small program for many tests: its first argument says what it does.
// Built with: clang --target=wasm32-wasi -Os -s -o probe.wasm probe.c
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int say(const char *what, int failed) {
  printf("%s: %s\n", what, failed ? strerror(errno) : "ok");
  return 0;
}

static int put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!file) return -1;
  fputs(text, file);
  return fclose(file);
}

static int copy(const char *from, const char *to) {
  static char block[65536];
  FILE *in = fopen(from, "r"), *out = fopen(to, "w");
  if (!in || !out) return -1;
  for (size_t n; (n = fread(block, 1, sizeof block, in)) > 0;) fwrite(block, 1, n, out);
  if (ferror(in)) return -1;
  fclose(in);
  return fclose(out);
}

static int drain(const char *path) {
  static char block[65536];
  int file = open(path, O_RDONLY);
  if (file < 0) return -1;
  ssize_t n;
  while ((n = read(file, block, sizeof block)) > 0);
  return n < 0 ? -1 : close(file);
}

static int list(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) return -1;
  for (struct dirent *entry; (entry = readdir(folder));) printf("%s\n", entry->d_name);
  return closedir(folder);
}

static int peek(const char *path, long long offset, int count) {
  char bytes[64];
  int file = open(path, O_RDONLY);
  if (file < 0) return -1;
  ssize_t n = pread(file, bytes, count < 64 ? count : 64, offset);
  if (n < 0) return -1;
  for (int i = 0; i < n; i++) printf("%02x", (unsigned char)bytes[i]);
  printf("\n");
  return close(file);
}

static int fill(const char *path, long long bytes) {
  static char block[65536];
  int file = open(path, O_CREAT | O_WRONLY, 0644);
  if (file < 0) return -1;
  for (long long done = 0; done < bytes; done += sizeof block)
    if (write(file, block, sizeof block) != sizeof block) return -1;
  return close(file);
}

static int many(const char *folder, int count) {
  char path[256];
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/%d", folder, i);
    if (put(path, "")) return -1;
  }
  return 0;
}

static int entropy(void) {
  unsigned char bytes[40];
  struct timespec now;
  if (getentropy(bytes, sizeof bytes)) return -1;
  for (int i = 0; i < 40; i++) printf("%02x", bytes[i]);
  clock_gettime(CLOCK_REALTIME, &now);
  printf(" %lld.%09ld", (long long)now.tv_sec, now.tv_nsec);
  struct timespec second = {3600, 0};
  nanosleep(&second, 0);
  clock_gettime(CLOCK_REALTIME, &now);
  printf(" %lld\n", (long long)now.tv_sec);
  return 0;
}

static int deeper(int n) {
  volatile char frame[256];
  frame[n % 256] = (char)n;
  return deeper(n + 1) + frame[0];
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "hello";
  const char *a = argc > 2 ? argv[2] : "", *b = argc > 3 ? argv[3] : "", *c = argc > 4 ? argv[4] : "";
  if (!strcmp(verb, "hello")) return puts("Hello, world!"), 0;
  if (!strcmp(verb, "say")) return fputs(a, stdout), fputs(b, stderr), atoi(c);
  if (!strcmp(verb, "args")) for (int i = 0; i < argc; i++) printf("%d=[%s]\n", i, argv[i]);
  if (!strcmp(verb, "env")) for (char **e = environ; *e; e++) puts(*e);
  if (!strcmp(verb, "cat")) for (int ch; (ch = getchar()) != EOF;) putchar(ch);
  if (!strcmp(verb, "copy")) return say("copy", copy(a, b));
  if (!strcmp(verb, "drain")) return say("drain", drain(a));
  if (!strcmp(verb, "put")) return say("put", put(a, b));
  if (!strcmp(verb, "mkdir")) return say("mkdir", mkdir(a, 0755));
  if (!strcmp(verb, "rmdir")) return say("rmdir", rmdir(a));
  if (!strcmp(verb, "swap")) return say("rmdir", rmdir(a)), say("put", put(a, b));
  if (!strcmp(verb, "unlink")) return say("unlink", unlink(a));
  if (!strcmp(verb, "rename")) return say("rename", rename(a, b));
  if (!strcmp(verb, "link")) return say("link", link(a, b));
  if (!strcmp(verb, "symlink")) return say("symlink", symlink(a, b)), say("then", c[0] ? put(c, "x") : 0);
  if (!strcmp(verb, "list")) return say("list", list(a));
  if (!strcmp(verb, "peek")) return say("peek", peek(a, atoll(b), atoi(c)));
  if (!strcmp(verb, "fill")) return say("fill", fill(a, atoll(b)));
  if (!strcmp(verb, "many")) return say("many", many(a, atoi(b)));
  if (!strcmp(verb, "entropy")) return say("entropy", entropy());
  if (!strcmp(verb, "loop")) for (volatile int i = 0;; i++);
  if (!strcmp(verb, "trap")) __builtin_trap();
  if (!strcmp(verb, "deep")) return deeper(0);
  return 0;
}
