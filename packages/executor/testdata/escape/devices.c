// Nothing that hosts keep under names or numbers is there.
#include "attack.h"

static const char *const PATHS[] = {
  "dev",        "dev/stdin",    "dev/null",         "dev/mem",        "dev/fd/3",      "dev/tty",
  "proc",       "proc/self",    "proc/self/mem",    "proc/self/maps", "proc/self/environ", "proc/self/root/etc/passwd",
  "proc/1/cwd", "proc/self/fd", "proc/thread-self", "sys",            "sys/class",     "etc",
  "etc/passwd", "etc/hosts",    "root/.ssh/id_rsa", "home",           "tmp",           "var/run/docker.sock",
  "module.wasm/x", "run",       "boot",             "usr/bin/env",    "$HOME",         "~/.gadus",
};

static void no_devices(void) {
  static char path[256];
  for (unsigned i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
    int nothing = PATHS[i][0] == 'm' ? E(NOTDIR) : E(NOENT);
    IS(open_at(ROOT, PATHS[i], FOLLOW, 0), nothing);
    path[0] = '/', strcpy(path + 1, PATHS[i]);
    IS(open_at(ROOT, path, FOLLOW, 0), E(PERM));
    strcpy(path, "in/../"), strcat(path, PATHS[i]);
    IS(open_at(ROOT, path, FOLLOW, 0), nothing);
    strcpy(path, "../../proc/self/cwd/"), strcat(path, PATHS[i]);
    IS(open_at(in, path, FOLLOW, 0), E(PERM));
  }
  // A guest may make folders of these names; they are its own, and empty.
  uint8_t entries[256];
  __wasi_size_t used;
  __wasi_fd_t fd = CLOSED;
  OK(__wasi_path_create_directory(ROOT, "proc"));
  OK(__wasi_path_create_directory(ROOT, "proc/self"));
  OK(open_in(ROOT, "proc/self", __WASI_OFLAGS_DIRECTORY, FOLDER, &fd));
  OK(__wasi_fd_readdir(fd, entries, sizeof entries, 0, &used));
  IS(used, 24 + 1 + 24 + 2);
  OK(__wasi_fd_close(fd));
}

static void no_descriptors(void) {
  uint8_t byte;
  __wasi_iovec_t part = {&byte, 1};
  __wasi_fdstat_t status;
  __wasi_prestat_t given;
  __wasi_size_t n;
  // 0 to 2 are streams, 3 is the root, 4 and 5 are what is open.
  for (int fd = 6; fd < 10000; fd++) {
    if (__wasi_fd_fdstat_get(fd, &status) != E(BADF)) IS(fd, -1);
    if (__wasi_fd_read(fd, &part, 1, &n) != E(BADF)) IS(fd, -2);
    if (__wasi_fd_write(fd, (__wasi_ciovec_t *)&part, 1, &n) != E(BADF)) IS(fd, -3);
    if (__wasi_fd_prestat_get(fd, &given) != E(BADF)) IS(fd, -4);
    if (__wasi_fd_close(fd) != E(BADF)) IS(fd, -5);
  }
  IS(__wasi_fd_fdstat_get(-1, &status), E(BADF));
  IS(__wasi_fd_fdstat_get(0x7fffffff, &status), E(BADF));
  IS(__wasi_fd_fdstat_get(0x80000000u, &status), E(BADF));
  IS(__wasi_fd_renumber(ROOT, 10000), E(BADF));
  IS(__wasi_fd_prestat_get(out, &given), E(BADF));
  OK(__wasi_fd_prestat_get(ROOT, &given));
  IS(given.u.dir.pr_name_len, 1);
}

static void numbers_used_again(void) {
  __wasi_fdstat_t status;
  __wasi_fd_t first = file("first", FULL), fd = CLOSED;
  // A number that is given up is the next to be given, with nothing of what it was.
  OK(__wasi_fd_close(first));
  OK(open_in(in, "a", 0, BASIC, &fd));
  IS(fd, first);
  OK(__wasi_fd_fdstat_get(fd, &status));
  IS(status.fs_rights_base & R(FD_WRITE), 0);
  // A descriptor takes the number of another, and with it not its rights.
  __wasi_fd_t writable = file("second", FULL);
  OK(__wasi_fd_renumber(fd, writable));
  IS(__wasi_fd_filestat_set_size(writable, 0), E(NOTCAPABLE));
  IS(__wasi_fd_fdstat_get(fd, &status), E(BADF));
  OK(__wasi_fd_renumber(writable, writable));
  OK(__wasi_fd_close(writable));
  // Standard streams can be given up, and then are files of the guest's: nothing of the host's comes up in their place.
  OK(__wasi_fd_close(0));
  IS(__wasi_fd_fdstat_get(0, &status), E(BADF));
  __wasi_fd_t taken = file("in-its-place", FULL);
  IS(taken, 0);
  put(taken, "own");
  OK(__wasi_fd_close(taken));
}

static void rights_given_up(void) {
  // For good, also those that are passed on.
  __wasi_fd_t narrow = CLOSED, fd = CLOSED;
  __wasi_fdstat_t status;
  OK(open_in(ROOT, "out", __WASI_OFLAGS_DIRECTORY, FOLDER, &narrow));
  OK(__wasi_fd_fdstat_set_rights(narrow, R(PATH_OPEN), R(FD_READ)));
  IS(__wasi_fd_fdstat_set_rights(narrow, ALL, ALL), E(NOTCAPABLE));
  IS(__wasi_fd_fdstat_set_rights(narrow, R(PATH_OPEN) | 1ULL << 63, 0), E(NOTCAPABLE));
  IS(open_in(narrow, "x", __WASI_OFLAGS_CREAT, FULL, &fd), E(NOTCAPABLE));
  OK(open_in(narrow, "first", 0, ALL, &fd));
  OK(__wasi_fd_fdstat_get(fd, &status));
  IS(status.fs_rights_base, R(FD_READ));
  IS(status.fs_rights_inheriting, R(FD_READ));
  OK(__wasi_fd_close(fd));
  OK(__wasi_fd_close(narrow));
}

static void check(void) {
  no_devices();
  no_descriptors();
  numbers_used_again();
  rights_given_up();
}
