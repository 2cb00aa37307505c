#include "check.h"

RAW(path_create_directory)(int fd, const char *path, int length);
#define MKDIR(path) __wasi_path_create_directory(out, path)

static void check(void) {
  char longName[257], longPath[4100];
  memset(longName, 'x', 256), longName[256] = 0;
  memset(longPath, '/', 4099), longPath[4099] = 0, longPath[0] = 'd';
  OK(MKDIR("d"));
  OK(MKDIR("d/e/"));
  IS(MKDIR("d"), E(EXIST));
  IS(MKDIR("."), E(EXIST));
  IS(MKDIR("d/./"), E(EXIST));
  IS(MKDIR("new/."), E(NOENT));
  make("f");
  IS(MKDIR("f"), E(EXIST));
  IS(MKDIR("f/d"), E(NOTDIR));
  IS(MKDIR("none/d"), E(NOENT));
  IS(MKDIR(""), E(NOENT));
  IS(MKDIR("/d"), E(PERM));
  IS(MKDIR("../d"), E(PERM));
  IS(MKDIR("new\nline"), E(ILSEQ));
  IS(MKDIR("\xff"), E(ILSEQ));
  IS(MKDIR("\xed\xa0\x80"), E(ILSEQ));
  IS(raw_path_create_directory(out, "a\0b", 3), E(INVAL));
  IS(raw_path_create_directory(out, NOWHERE, 100), E(FAULT));
  OK(MKDIR(longName + 1));
  IS(MKDIR(longName), E(NAMETOOLONG));
  IS(MKDIR(longPath), E(NAMETOOLONG));
  OK(__wasi_path_symlink("loop", out, "loop"));
  IS(MKDIR("loop"), E(EXIST));
  IS(MKDIR("loop/d"), E(LOOP));
  IS(__wasi_path_create_directory(in, "d"), E(ROFS));
  __wasi_fd_t weak = folder("d", R(PATH_OPEN)), gone = folder("d/e", FOLDER);
  IS(__wasi_path_create_directory(weak, "x"), E(NOTCAPABLE));
  OK(__wasi_path_remove_directory(out, "d/e"));
  IS(__wasi_path_create_directory(gone, "x"), E(NOENT));
  IS(__wasi_path_create_directory(file("f", FULL), "x"), E(NOTDIR));
  IS(__wasi_path_create_directory(0, "x"), E(NOTDIR));
  IS(__wasi_path_create_directory(CLOSED, "x"), E(BADF));
}
