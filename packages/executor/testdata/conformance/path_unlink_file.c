#include "check.h"
#define UNLINK(path) __wasi_path_unlink_file(out, path)

static void check(void) {
  make("f"), make("g");
  OK(__wasi_path_create_directory(out, "d"));
  OK(__wasi_path_symlink("f", out, "link"));
  IS(UNLINK("d"), E(ISDIR));
  IS(UNLINK("d/"), E(ISDIR));
  IS(UNLINK("."), E(ISDIR));
  IS(UNLINK("f/"), E(NOTDIR));
  IS(UNLINK("f/."), E(NOTDIR));
  IS(UNLINK("f/x"), E(NOTDIR));
  IS(UNLINK("none"), E(NOENT));
  IS(UNLINK(""), E(NOENT));
  IS(UNLINK("../x"), E(PERM));
  IS(UNLINK("/f"), E(PERM));
  OK(UNLINK("link"));
  OK(exists("f"));
  OK(UNLINK("f"));
  IS(exists("f"), E(NOENT));
  IS(__wasi_path_unlink_file(in, "a"), E(ROFS));
  IS(__wasi_path_unlink_file(folder("d", R(PATH_OPEN)), "x"), E(NOTCAPABLE));
  IS(__wasi_path_unlink_file(CLOSED, "g"), E(BADF));
}
