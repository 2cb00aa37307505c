#include "check.h"
#define RMDIR(path) __wasi_path_remove_directory(out, path)

static void check(void) {
  OK(__wasi_path_create_directory(out, "d"));
  OK(__wasi_path_create_directory(out, "d/e"));
  OK(__wasi_path_symlink("d/e", out, "link"));
  make("f");
  IS(RMDIR("d"), E(NOTEMPTY));
  IS(RMDIR("f"), E(NOTDIR));
  IS(RMDIR("f/"), E(NOTDIR));
  IS(RMDIR("link"), E(NOTDIR));
  IS(RMDIR("none"), E(NOENT));
  IS(RMDIR("."), E(INVAL));
  IS(RMDIR("d/e/."), E(INVAL));
  IS(RMDIR("none/."), E(NOENT));
  IS(RMDIR(".."), E(PERM));
  IS(RMDIR("d/e/../../.."), E(PERM));
  OK(RMDIR("d/e/"));
  OK(RMDIR("d"));
  IS(exists("d"), E(NOENT));
  IS(__wasi_path_remove_directory(in, "sub"), E(ROFS));
  IS(__wasi_path_remove_directory(ROOT, "in"), E(ROFS));
  OK(__wasi_path_create_directory(out, "d"));
  IS(__wasi_path_remove_directory(folder("d", R(PATH_OPEN)), "x"), E(NOTCAPABLE));
  IS(__wasi_path_remove_directory(CLOSED, "d"), E(BADF));
}
