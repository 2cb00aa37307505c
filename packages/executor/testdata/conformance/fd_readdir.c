#include "check.h"

static uint8_t listing[512];
static __wasi_size_t used;

static __wasi_dirent_t entry(int at) {
  __wasi_dirent_t e;
  memcpy(&e, listing + at, sizeof e);
  return e;
}

// The entries from `cookie` on are `names`, each with a space after it.
static void lists(__wasi_fd_t fd, __wasi_dircookie_t cookie, const char *names) {
  OK(__wasi_fd_readdir(fd, listing, sizeof listing, cookie, &used));
  int at = 0;
  while (*names && at < (int)used) {
    __wasi_dirent_t e = entry(at);
    IS(strncmp((char *)listing + at + sizeof e, names, e.d_namlen), 0);
    IS(names[e.d_namlen], ' ');
    names += e.d_namlen + 1, at += sizeof e + e.d_namlen;
  }
  IS(*names, 0);
  IS(at, used);
}

// Listings are sorted bytewise and stay as they were when they were begun.
static void check(void) {
  __wasi_filestat_t s;
  lists(out, 0, ". .. ");
  IS(entry(0).d_type, __WASI_FILETYPE_DIRECTORY);
  OK(__wasi_fd_filestat_get(out, &s));
  IS(entry(0).d_ino, s.ino);
  make("b"), make("\xc3\xa9"), make("B");
  OK(__wasi_path_create_directory(out, "a"));
  OK(__wasi_path_symlink("a", out, "c"));
  lists(out, 0, ". .. B a b c \xc3\xa9 ");
  OK(__wasi_path_filestat_get(out, 0, "B", &s));
  IS(entry(24 + 1 + 24 + 2).d_ino, s.ino);
  IS(entry(24 + 1 + 24 + 2).d_type, __WASI_FILETYPE_REGULAR_FILE);
  OK(__wasi_path_unlink_file(out, "b"));
  lists(out, 3, "a b c \xc3\xa9 ");
  lists(out, 6, "\xc3\xa9 ");
  lists(out, 7, "");
  lists(out, ~0ULL, "");
  lists(out, 0, ". .. B a c \xc3\xa9 ");
  // A new descriptor takes up a cookie of an equal listing.
  lists(folder(".", R(FD_READDIR)), 3, "a c \xc3\xa9 ");
  // The last entry that fits is cut off where the space ends.
  OK(__wasi_fd_readdir(out, listing, 30, 0, &used));
  IS(used, 30);
  OK(__wasi_fd_readdir(out, listing, 0, 0, &used));
  IS(used, 0);
  lists(in, 0, ". .. a sub ");
  __wasi_fd_t weak = folder("a", R(PATH_OPEN));
  IS(__wasi_fd_readdir(weak, listing, 30, 0, &used), E(NOTCAPABLE));
  IS(__wasi_fd_readdir(file("B", FULL), listing, 30, 0, &used), E(NOTDIR));
  IS(__wasi_fd_readdir(0, listing, 30, 0, &used), E(NOTDIR));
  IS(__wasi_fd_readdir(CLOSED, listing, 30, 0, &used), E(BADF));
  IS(__wasi_fd_readdir(out, NOWHERE, 30, 0, &used), E(FAULT));
  IS(__wasi_fd_readdir(out, listing, 30, 0, NOWHERE), E(FAULT));
}
