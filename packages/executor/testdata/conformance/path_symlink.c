#include "check.h"

RAW(path_symlink)(const char *target, int target_length, int fd, const char *path, int length);
#define SYMLINK(target, path) __wasi_path_symlink(target, out, path)

static void check(void) {
  __wasi_filestat_t s;
  make("f");
  OK(__wasi_path_create_directory(out, "d"));
  OK(SYMLINK("f", "link"));
  OK(__wasi_path_filestat_get(out, FOLLOW, "link", &s));
  OK(SYMLINK("../..", "d/up"));
  OK(SYMLINK("none", "dangling"));
  IS(SYMLINK("f", "link"), E(EXIST));
  IS(SYMLINK("f", "dangling"), E(EXIST));
  IS(SYMLINK("f", "d/"), E(EXIST));
  IS(SYMLINK("f", "f/"), E(NOTDIR));
  IS(SYMLINK("f", "x/"), E(NOENT));
  IS(SYMLINK("f", "none/x"), E(NOENT));
  IS(SYMLINK("", "x"), E(NOENT));
  IS(SYMLINK("/", "x"), E(PERM));
  IS(SYMLINK("/etc/passwd", "x"), E(PERM));
  IS(SYMLINK("f", "../x"), E(PERM));
  IS(SYMLINK("f", "\x7f"), E(ILSEQ));
  IS(SYMLINK("\xff", "x"), E(ILSEQ));
  IS(raw_path_symlink("a\0b", 3, out, "x", 1), E(INVAL));
  IS(raw_path_symlink(NOWHERE, 100, out, "x", 1), E(FAULT));
  IS(__wasi_path_symlink("a", in, "x"), E(ROFS));
  IS(__wasi_path_symlink("f", folder("d", R(PATH_OPEN)), "x"), E(NOTCAPABLE));
  IS(__wasi_path_symlink("f", file("f", FULL), "x"), E(NOTDIR));
  IS(__wasi_path_symlink("f", CLOSED, "x"), E(BADF));
}
