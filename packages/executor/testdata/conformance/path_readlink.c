#include "check.h"

static void check(void) {
  uint8_t text[8] = {0};
  __wasi_size_t n;
  OK(__wasi_path_symlink("target", out, "link"));
  OK(__wasi_path_readlink(out, "link", text, 8, &n));
  IS(n, 6);
  IS(memcmp(text, "target\0\0", 8), 0);
  memset(text, 0, 8);
  OK(__wasi_path_readlink(out, "link", text, 2, &n));
  IS(n, 2);
  IS(memcmp(text, "ta\0", 3), 0);
  OK(__wasi_path_readlink(out, "link", text, 0, &n));
  IS(n, 0);
  make("f");
  IS(__wasi_path_readlink(out, "f", text, 8, &n), E(INVAL));
  IS(__wasi_path_readlink(out, ".", text, 8, &n), E(INVAL));
  IS(__wasi_path_readlink(out, "none", text, 8, &n), E(NOENT));
  IS(__wasi_path_readlink(out, "f/x", text, 8, &n), E(NOTDIR));
  IS(__wasi_path_readlink(out, "../x", text, 8, &n), E(PERM));
  IS(__wasi_path_readlink(out, "link", NOWHERE, 100, &n), E(FAULT));
  IS(__wasi_path_readlink(out, "link", text, 8, NOWHERE), E(FAULT));
  OK(__wasi_path_create_directory(out, "d"));
  IS(__wasi_path_readlink(folder("d", R(PATH_OPEN)), "x", text, 8, &n), E(NOTCAPABLE));
  IS(__wasi_path_readlink(CLOSED, "link", text, 8, &n), E(BADF));
}
