// What every conformance program is made with. No stdio: each is a few kilobytes.
// The guest that runs one has "/" with the empty folder "out" and the input "in", which holds the file "a" ("input\n")
// and the folder "sub" with the file "b"; its arguments are "one" and "two words", its variables A=1 and B=2, and
// its standard input is "from outside\n".
#include <string.h>
#include <wasi/api.h>

#define E(name) __WASI_ERRNO_##name
#define R(name) __WASI_RIGHTS_##name
#define ALL 0x1fffffffULL
#define BASIC (R(FD_READ) | R(FD_SEEK) | R(FD_TELL) | R(FD_FILESTAT_GET))
#define FULL (BASIC | R(FD_WRITE) | R(FD_ALLOCATE) | R(FD_ADVISE) | R(FD_SYNC) | R(FD_DATASYNC) | \
              R(FD_FDSTAT_SET_FLAGS) | R(FD_FILESTAT_SET_SIZE) | R(FD_FILESTAT_SET_TIMES) | R(POLL_FD_READWRITE))
#define FOLDER (ALL & ~R(FD_WRITE))
#define ROOT 3
#define CLOSED 77
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
// An address beyond every memory.
#define NOWHERE ((void *)0xfffffff0u)

// With explicit lengths, for paths that C can't write.
#define RAW(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int raw_##name

static int checks, failures;
static __wasi_fd_t out, in;

static void print(const char *text) {
  __wasi_ciovec_t part = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t n;
  if (__wasi_fd_write(1, &part, 1, &n)) __builtin_trap();
}

static void print_number(long long value) {
  char digits[24], *at = digits + 23;
  unsigned long long rest = value < 0 ? -value : value;
  *at = 0;
  do *--at = '0' + rest % 10;
  while (rest /= 10);
  if (value < 0) *--at = '-';
  print(at);
}

static void is(const char *what, int line, long long got, long long wanted) {
  checks++;
  if (got == wanted) return;
  failures++;
  print("line "), print_number(line), print(": "), print(what), print(" is "), print_number(got);
  print(", not "), print_number(wanted), print("\n");
}
// `what` answers or equals `wanted`.
#define IS(what, wanted) is(#what, __LINE__, (long long)(what), (long long)(wanted))
// `what` succeeds.
#define OK(what) IS(what, 0)

__attribute__((unused)) static int open_in(__wasi_fd_t folder, const char *path, int flags, __wasi_rights_t rights, __wasi_fd_t *fd) {
  return __wasi_path_open(folder, 0, path, flags, rights, ALL, 0, fd);
}

// Opens `path` in out, which is made where it isn't there.
__attribute__((unused)) static __wasi_fd_t file(const char *path, __wasi_rights_t rights) {
  __wasi_fd_t fd = CLOSED;
  OK(open_in(out, path, __WASI_OFLAGS_CREAT, rights, &fd));
  return fd;
}

__attribute__((unused)) static void make(const char *path) { OK(__wasi_fd_close(file(path, 0))); }

__attribute__((unused)) static __wasi_fd_t folder(const char *path, __wasi_rights_t rights) {
  __wasi_fd_t fd = CLOSED;
  OK(open_in(out, path, __WASI_OFLAGS_DIRECTORY, rights, &fd));
  return fd;
}

__attribute__((unused)) static void put(__wasi_fd_t fd, const char *text) {
  __wasi_ciovec_t part = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t n = 0;
  OK(__wasi_fd_write(fd, &part, 1, &n));
  IS(n, strlen(text));
}

__attribute__((unused)) static int exists(const char *path) {
  __wasi_filestat_t stat;
  return __wasi_path_filestat_get(out, 0, path, &stat);
}

__attribute__((unused)) static long long size_of(__wasi_fd_t fd) {
  __wasi_filestat_t stat = {0};
  OK(__wasi_fd_filestat_get(fd, &stat));
  return stat.size;
}

// The file open as `fd` holds `length` bytes: `text`.
__attribute__((unused)) static void holds(__wasi_fd_t fd, const char *text, int length) {
  uint8_t bytes[64] = {0};
  __wasi_iovec_t part = {bytes, sizeof bytes};
  __wasi_size_t n = 0;
  OK(__wasi_fd_pread(fd, &part, 1, 0, &n));
  IS(n, length);
  IS(memcmp(bytes, text, length), 0);
}

static int finish(void) {
  print_number(checks), print(" checks, "), print_number(failures), print(" failures\n");
  return failures > 0;
}

static void begin(void) {
  OK(__wasi_path_open(ROOT, 0, "out", __WASI_OFLAGS_DIRECTORY, FOLDER, ALL, 0, &out));
  OK(__wasi_path_open(ROOT, 0, "in", __WASI_OFLAGS_DIRECTORY, FOLDER, ALL, 0, &in));
}

static void check(void);

int main(void) {
  begin();
  check();
  return finish();
}
