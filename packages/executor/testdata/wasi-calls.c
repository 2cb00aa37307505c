// Calls every function of WASI preview 1 and prints what did not answer as it should.
// Built with: clang --target=wasm32-wasi -Os -s -o wasi-calls.wasm wasi-calls.c
// It wants a folder /out to write to, and an input /in with the file "a" ("input\n") and the folder "sub".
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

#define ALL 0x1fffffffULL
#define READ (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET)
#define WRITE (READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | \
               __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES | __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | __WASI_RIGHTS_FD_ADVISE)
#define E(name) __WASI_ERRNO_##name

static int checks, failures;

static void want(const char *what, int line, int got, int wanted) {
  checks++;
  if (got == wanted) return;
  failures++;
  printf("line %d: %s answered %d, not %d\n", line, what, got, wanted);
}
#define IS(call, wanted) want(#call, __LINE__, (int)(call), (wanted))

static __wasi_fd_t out, in;

static int opened(__wasi_fd_t dir, const char *path, int follow, int flags, __wasi_rights_t rights, __wasi_fd_t *fd) {
  return __wasi_path_open(dir, follow, path, flags, rights, ALL, 0, fd);
}
static int made(const char *path) {
  __wasi_fd_t fd;
  int e = opened(out, path, 0, __WASI_OFLAGS_CREAT, WRITE, &fd);
  return e ? e : __wasi_fd_close(fd);
}
static int exists(const char *path) {
  __wasi_filestat_t s;
  return __wasi_path_filestat_get(out, 0, path, &s);
}

static void folders(void) {
  __wasi_fd_t fd, sub;
  __wasi_filestat_t s;
  IS(__wasi_path_create_directory(out, "d"), 0);
  IS(__wasi_path_create_directory(out, "d"), E(EXIST));
  IS(__wasi_path_create_directory(out, "no/d"), E(NOENT));
  IS(__wasi_path_create_directory(out, "/abs"), E(PERM));
  IS(__wasi_path_create_directory(out, ""), E(NOENT));
  IS(__wasi_path_create_directory(out, "new\nline"), E(ILSEQ));
  IS(__wasi_path_create_directory(out, "\xff"), E(ILSEQ));
  char longName[300];
  memset(longName, 'x', 299), longName[299] = 0;
  IS(__wasi_path_create_directory(out, longName), E(NAMETOOLONG));
  IS(made("d/f"), 0);
  IS(made("d/f/"), E(NOTDIR));
  IS(made("d/g/"), E(ISDIR));
  IS(made("d/f/x"), E(NOTDIR));
  IS(__wasi_path_remove_directory(out, "d"), E(NOTEMPTY));
  IS(__wasi_path_remove_directory(out, "d/f"), E(NOTDIR));
  IS(__wasi_path_remove_directory(out, "none"), E(NOENT));
  IS(__wasi_path_remove_directory(out, "."), E(INVAL));
  IS(__wasi_path_unlink_file(out, "d"), E(ISDIR));
  IS(__wasi_path_unlink_file(out, "d/"), E(ISDIR));
  IS(__wasi_path_unlink_file(out, "d/f/"), E(NOTDIR));
  IS(__wasi_path_unlink_file(out, "none"), E(NOENT));
  IS(opened(out, "d", 0, __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, &fd), E(ISDIR));
  IS(opened(out, "d/f", 0, __WASI_OFLAGS_DIRECTORY, 0, &fd), E(NOTDIR));
  IS(opened(out, "d", 0, __WASI_OFLAGS_DIRECTORY, ALL & ~__WASI_RIGHTS_FD_WRITE, &sub), 0);
  IS(opened(sub, "..", 0, 0, 0, &fd), E(PERM));
  IS(opened(sub, "x/../../d", 0, 0, 0, &fd), E(NOENT));
  IS(opened(sub, "../d/f", 0, 0, 0, &fd), E(PERM));
  IS(opened(out, "d/./..//d/../d/f", 0, 0, 0, &fd), 0);
  IS(opened(fd, "x", 0, 0, 0, &sub), E(NOTDIR));
  IS(__wasi_fd_close(fd), 0);
  IS(__wasi_fd_filestat_get(sub, &s), 0);
  IS(s.filetype, __WASI_FILETYPE_DIRECTORY);
  unsigned char b[8];
  __wasi_size_t n;
  __wasi_iovec_t iov = {b, 8};
  __wasi_filesize_t at;
  IS(__wasi_fd_read(sub, &iov, 1, &n), E(BADF));
  IS(__wasi_fd_write(sub, (__wasi_ciovec_t *)&iov, 1, &n), E(BADF));
  IS(__wasi_fd_pread(sub, &iov, 1, 0, &n), E(BADF));
  IS(__wasi_fd_seek(sub, 0, __WASI_WHENCE_SET, &at), E(BADF));
  IS(__wasi_fd_tell(sub, &at), E(BADF));
  IS(__wasi_fd_filestat_set_size(sub, 0), E(BADF));
  IS(__wasi_path_unlink_file(sub, "f"), 0);
  IS(__wasi_path_remove_directory(out, "d/"), 0);
  IS(__wasi_path_create_directory(sub, "orphan"), E(NOENT));
  IS(__wasi_fd_close(sub), 0);
  IS(__wasi_fd_close(sub), E(BADF));
}

static void files(void) {
  __wasi_fd_t fd, other;
  __wasi_size_t n;
  __wasi_filesize_t at;
  __wasi_filestat_t s;
  __wasi_fdstat_t f;
  char text[16] = {0};
  __wasi_ciovec_t two[2] = {{(const uint8_t *)"hello ", 6}, {(const uint8_t *)"there", 5}};
  __wasi_iovec_t iov = {(uint8_t *)text, 11};
  IS(opened(out, "f", 0, 0, WRITE, &fd), E(NOENT));
  IS(opened(out, "f", 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, WRITE, &fd), 0);
  IS(opened(out, "f", 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, WRITE, &other), E(EXIST));
  IS(__wasi_fd_write(fd, two, 2, &n), 0);
  IS(n, 11);
  IS(__wasi_fd_tell(fd, &at), 0);
  IS(at, 11);
  IS(__wasi_fd_seek(fd, -5, __WASI_WHENCE_END, &at), 0);
  IS(at, 6);
  IS(__wasi_fd_seek(fd, -7, __WASI_WHENCE_CUR, &at), E(INVAL));
  IS(__wasi_fd_seek(fd, 0, 9, &at), E(INVAL));
  IS(__wasi_fd_read(fd, &iov, 1, &n), 0);
  IS(n, 5);
  IS(memcmp(text, "there", 5), 0);
  IS(__wasi_fd_pwrite(fd, two, 1, 20, &n), 0);
  IS(__wasi_fd_filestat_get(fd, &s), 0);
  IS(s.size, 26);
  IS(__wasi_fd_pread(fd, &iov, 1, 11, &n), 0);
  IS(n, 11);
  IS(text[0] | text[8], 0);
  IS(__wasi_fd_pread(fd, &iov, 1, 100, &n), 0);
  IS(n, 0);
  IS(__wasi_fd_pread(fd, &iov, 1, ~0ULL, &n), E(INVAL));
  IS(__wasi_fd_pwrite(fd, two, 1, 1ULL << 62, &n), E(FBIG));
  IS(__wasi_fd_pwrite(fd, two, 1, 1ULL << 50, &n), E(NOSPC));
  IS(__wasi_fd_filestat_set_size(fd, 3), 0);
  IS(__wasi_fd_filestat_set_size(fd, 8), 0);
  IS(__wasi_fd_pread(fd, &iov, 1, 0, &n), 0);
  IS(n, 8);
  IS(memcmp(text, "hel\0\0\0\0\0", 8), 0);
  IS(__wasi_fd_allocate(fd, 4, 2), 0);
  IS(__wasi_fd_allocate(fd, 4, 0), E(INVAL));
  IS(__wasi_fd_allocate(fd, 8, 4), 0);
  IS(__wasi_fd_filestat_get(fd, &s), 0);
  IS(s.size, 12);
  IS(__wasi_fd_advise(fd, 0, 0, 0), 0);
  IS(__wasi_fd_advise(fd, 0, 0, 99), E(INVAL));
  IS(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND), 0);
  IS(__wasi_fd_fdstat_set_flags(fd, 0x100), E(INVAL));
  IS(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at), 0);
  IS(__wasi_fd_write(fd, two, 1, &n), 0);
  IS(__wasi_fd_tell(fd, &at), 0);
  IS(at, 18);
  IS(__wasi_fd_sync(fd), 0);
  IS(__wasi_fd_datasync(fd), 0);
  IS(__wasi_fd_fdstat_get(fd, &f), 0);
  IS(f.fs_flags, __WASI_FDFLAGS_APPEND);
  IS(f.fs_filetype, __WASI_FILETYPE_REGULAR_FILE);
  IS(__wasi_fd_fdstat_set_rights(fd, READ, 0), 0);
  IS(__wasi_fd_write(fd, two, 1, &n), E(BADF));
  IS(__wasi_fd_fdstat_set_rights(fd, WRITE, 0), E(NOTCAPABLE));
  IS(opened(out, "g", 0, __WASI_OFLAGS_CREAT, WRITE, &other), 0);
  IS(__wasi_fd_renumber(fd, other), 0);
  IS(__wasi_fd_close(fd), E(BADF));
  IS(__wasi_fd_renumber(other, fd), E(BADF));
  IS(__wasi_fd_filestat_get(other, &s), 0);
  IS(s.size, 18);
  IS(__wasi_fd_close(other), 0);
  IS(opened(out, "f", 0, __WASI_OFLAGS_TRUNC, 0, &fd), 0);
  IS(__wasi_fd_read(fd, &iov, 1, &n), E(BADF));
  IS(__wasi_fd_close(fd), 0);
  IS(__wasi_path_filestat_get(out, 0, "f", &s), 0);
  IS(s.size, 0);
  IS(__wasi_path_filestat_set_times(out, 0, "f", 5, 7, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM), 0);
  IS(__wasi_path_filestat_get(out, 0, "f", &s), 0);
  IS(s.atim, 5);
  IS(s.mtim, 7);
  IS(__wasi_path_filestat_set_times(out, 0, "f", 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW), E(INVAL));
  IS(__wasi_path_unlink_file(out, "f"), 0);
  IS(__wasi_path_unlink_file(out, "g"), 0);
  IS(exists("f"), E(NOENT));
}

static void names(void) {
  __wasi_fd_t fd;
  __wasi_filestat_t s;
  uint8_t text[8];
  __wasi_size_t n;
  IS(made("a"), 0);
  IS(__wasi_path_link(out, 0, "a", out, "b"), 0);
  IS(__wasi_path_link(out, 0, "a", out, "b"), E(EXIST));
  IS(__wasi_path_link(out, 0, "a", out, "c/"), E(NOENT));
  IS(__wasi_path_link(out, 1, "a", out, "c"), E(INVAL));
  IS(__wasi_path_filestat_get(out, 0, "b", &s), 0);
  IS(s.nlink, 2);
  IS(__wasi_path_create_directory(out, "d"), 0);
  IS(__wasi_path_link(out, 0, "d", out, "e"), E(PERM));
  IS(__wasi_path_rename(out, "a", out, "d"), E(ISDIR));
  IS(__wasi_path_rename(out, "d", out, "a"), E(NOTDIR));
  IS(__wasi_path_rename(out, "a", out, "x/"), E(NOTDIR));
  IS(__wasi_path_rename(out, "d", out, "d/inside"), E(INVAL));
  IS(__wasi_path_rename(out, "none", out, "x"), E(NOENT));
  IS(__wasi_path_rename(out, "a", out, "d/a"), 0);
  IS(__wasi_path_create_directory(out, "e"), 0);
  IS(__wasi_path_rename(out, "e", out, "d"), E(NOTEMPTY));
  IS(__wasi_path_rename(out, "d/", out, "e/"), 0);
  IS(exists("d"), E(NOENT));
  IS(exists("e/a"), 0);
  IS(__wasi_path_rename(out, "b", out, "e/a"), 0);
  IS(exists("b"), 0);
  IS(__wasi_path_unlink_file(out, "b"), 0);
  IS(__wasi_path_symlink((const char *)"e/a", out, "s"), 0);
  IS(__wasi_path_symlink("e/a", out, "s"), E(EXIST));
  IS(__wasi_path_symlink("e/a", out, "t/"), E(NOENT));
  IS(__wasi_path_symlink("/etc/passwd", out, "t"), E(PERM));
  IS(__wasi_path_readlink(out, "s", text, 2, &n), 0);
  IS(n, 2);
  IS(memcmp(text, "e/", 2), 0);
  IS(__wasi_path_readlink(out, "e", text, 2, &n), E(INVAL));
  IS(opened(out, "s", 0, 0, READ, &fd), E(LOOP));
  IS(opened(out, "s", 1, 0, READ, &fd), 0);
  IS(__wasi_fd_close(fd), 0);
  IS(__wasi_path_filestat_get(out, 0, "s", &s), 0);
  IS(s.filetype, __WASI_FILETYPE_SYMBOLIC_LINK);
  IS(__wasi_path_filestat_get(out, 1, "s", &s), 0);
  IS(s.filetype, __WASI_FILETYPE_REGULAR_FILE);
  IS(__wasi_path_symlink("loop", out, "loop"), 0);
  IS(opened(out, "loop", 1, 0, READ, &fd), E(LOOP));
  IS(opened(out, "loop/x", 0, 0, READ, &fd), E(LOOP));
  IS(__wasi_path_symlink("../..", out, "up"), 0);
  IS(opened(out, "up/etc", 1, 0, READ, &fd), E(PERM));
  IS(__wasi_path_symlink("up", out, "e/up"), 0);
  IS(opened(out, "e/../e/up", 1, 0, READ, &fd), E(LOOP));
  IS(opened(out, "new", 1, __WASI_OFLAGS_CREAT, WRITE, &fd), 0);
  IS(__wasi_path_unlink_file(out, "new"), 0);
  IS(__wasi_fd_close(fd), 0);
  IS(__wasi_path_unlink_file(out, "s"), 0);
  IS(__wasi_path_unlink_file(out, "loop"), 0);
  IS(__wasi_path_unlink_file(out, "up"), 0);
  IS(__wasi_path_unlink_file(out, "e/up"), 0);
  IS(__wasi_path_unlink_file(out, "e/a"), 0);
  IS(__wasi_path_remove_directory(out, "e"), 0);
}

static void inputs(void) {
  __wasi_fd_t fd;
  uint8_t text[8];
  __wasi_iovec_t iov = {text, 8};
  __wasi_size_t n;
  IS(opened(in, "a", 0, 0, READ, &fd), 0);
  IS(__wasi_fd_read(fd, &iov, 1, &n), 0);
  IS(n, 6);
  IS(memcmp(text, "input\n", 6), 0);
  IS(__wasi_fd_close(fd), 0);
  IS(opened(in, "a", 0, 0, WRITE, &fd), E(ROFS));
  IS(opened(in, "a", 0, __WASI_OFLAGS_TRUNC, READ, &fd), E(ROFS));
  IS(opened(in, "new", 0, __WASI_OFLAGS_CREAT, WRITE, &fd), E(ROFS));
  IS(opened(in, "none", 0, 0, READ, &fd), E(NOENT));
  IS(__wasi_path_create_directory(in, "new"), E(ROFS));
  IS(__wasi_path_symlink("a", in, "new"), E(ROFS));
  IS(__wasi_path_unlink_file(in, "a"), E(ROFS));
  IS(__wasi_path_remove_directory(in, "sub"), E(ROFS));
  IS(__wasi_path_rename(in, "a", out, "a"), E(ROFS));
  IS(__wasi_path_link(in, 0, "a", out, "a"), E(XDEV));
  IS(__wasi_path_filestat_set_times(in, 0, "a", 1, 1, __WASI_FSTFLAGS_MTIM), E(ROFS));
  IS(__wasi_path_remove_directory(3, "in"), E(ROFS));
  IS(__wasi_path_rename(3, "in", out, "in"), E(ROFS));
}

static void system_calls(void) {
  __wasi_timestamp_t t, u;
  __wasi_size_t n;
  __wasi_prestat_t p;
  __wasi_filesize_t at;
  uint8_t name[4] = {0};
  IS(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &t), 0);
  IS(__wasi_clock_time_get(99, 0, &t), E(INVAL));
  IS(__wasi_clock_res_get(__WASI_CLOCKID_REALTIME, &u), 0);
  IS(u > 0, 1);
  __wasi_subscription_t s[2] = {0};
  __wasi_event_t e[2];
  s[0].userdata = 7, s[0].u.tag = __WASI_EVENTTYPE_CLOCK;
  s[0].u.u.clock.id = __WASI_CLOCKID_MONOTONIC, s[0].u.u.clock.timeout = 5000000000ULL;
  IS(__wasi_poll_oneoff(s, e, 1, &n), 0);
  IS(n, 1);
  IS(e[0].userdata, 7);
  IS(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &u), 0);
  IS(u - t >= 5000000000ULL && u - t < 5001000000ULL, 1);
  s[1].userdata = 8, s[1].u.tag = __WASI_EVENTTYPE_FD_WRITE, s[1].u.u.fd_write.file_descriptor = 1;
  IS(__wasi_poll_oneoff(s, e, 2, &n), 0);
  IS(n, 1);
  IS(e[0].userdata, 8);
  s[1].u.u.fd_write.file_descriptor = 77;
  IS(__wasi_poll_oneoff(s, e, 2, &n), 0);
  IS(e[0].error, E(BADF));
  IS(__wasi_poll_oneoff(s, e, 0, &n), E(INVAL));
  IS(__wasi_fd_prestat_get(3, &p), 0);
  IS(p.u.dir.pr_name_len, 1);
  IS(__wasi_fd_prestat_dir_name(3, name, 0), E(NAMETOOLONG));
  IS(__wasi_fd_prestat_dir_name(3, name, 4), 0);
  IS(name[0], '/');
  IS(__wasi_fd_prestat_get(4, &p), E(BADF));
  IS(__wasi_fd_seek(0, 0, __WASI_WHENCE_CUR, &at), E(SPIPE));
  IS(__wasi_sched_yield(), 0);
  IS(__wasi_sock_shutdown(1, 1), E(NOTSOCK));
  IS(__wasi_sock_shutdown(99, 1), E(BADF));
}

int main(void) {
  __wasi_fd_t fd;
  if (opened(3, "out", 0, __WASI_OFLAGS_DIRECTORY, ALL & ~__WASI_RIGHTS_FD_WRITE, &out)) return 1;
  if (opened(3, "in", 0, __WASI_OFLAGS_DIRECTORY, ALL & ~__WASI_RIGHTS_FD_WRITE, &in)) return 1;
  IS(opened(3, "../etc", 0, 0, 0, &fd), E(PERM));
  folders();
  files();
  names();
  inputs();
  // An open folder knows no way up that its own number doesn't allow; the clean-up in it must be complete.
  uint8_t listing[256];
  __wasi_size_t n;
  IS(__wasi_fd_readdir(out, listing, sizeof listing, 0, &n), 0);
  IS(n, 24 + 1 + 24 + 2);
  IS(__wasi_fd_close(out), 0);
  IS(__wasi_fd_close(in), 0);
  system_calls();
  printf("%d checks, %d failures\n", checks, failures);
  return failures > 0;
}
