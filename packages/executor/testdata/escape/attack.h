// What every escape program is made with: the checks of the conformance programs, and paths of every kind.
// Arguments are paths of the host: a file that holds a secret, its folder, and the folder with the scratch space.
#include "../conformance/check.h"

static char arguments[3][4096];

// Calls that need no file to be there.
RAW(path_open)(int fd, int lookup, const char *path, int length, int flags, long long rights, long long inheriting, int fdflags, int *result);
RAW(path_filestat_get)(int fd, int lookup, const char *path, int length, void *result);
RAW(path_symlink)(const char *target, int target_length, int fd, const char *path, int length);
RAW(path_rename)(int fd, const char *path, int length, int to_fd, const char *to, int to_length);
RAW(path_create_directory)(int fd, const char *path, int length);
RAW(path_link)(int fd, int flags, const char *path, int length, int to_fd, const char *to, int to_length);

static int open_at(int fd, const char *path, int lookup, int flags) {
  int opened = CLOSED;
  int error = raw_path_open(fd, lookup, path, strlen(path), flags, ALL & ~R(FD_WRITE), ALL, 0, &opened);
  if (!error) OK(__wasi_fd_close(opened));
  return error;
}

static void put_file(const char *path, const char *text) {
  __wasi_fd_t fd = file(path, FULL);
  put(fd, text);
  OK(__wasi_fd_close(fd));
}

static void read_arguments(void) {
  __wasi_size_t count, size;
  static uint8_t *table[16], buffer[16384];
  OK(__wasi_args_sizes_get(&count, &size));
  if (count > 16 || size > sizeof buffer) __builtin_trap();
  OK(__wasi_args_get(table, buffer));
  for (int i = 1; i < (int)count && i <= 3; i++) strcpy(arguments[i - 1], (char *)table[i]);
}
