#include "check.h"
#define LINK(from, to) __wasi_path_link(out, 0, from, out, to)

static void check(void) {
  __wasi_filestat_t s, t;
  put(file("a", FULL), "same");
  OK(__wasi_path_create_directory(out, "d"));
  OK(LINK("a", "b"));
  OK(LINK("a", "d/c"));
  OK(__wasi_path_filestat_get(out, 0, "a", &s));
  OK(__wasi_path_filestat_get(out, 0, "d/c", &t));
  IS(s.nlink, 3);
  IS(memcmp(&s, &t, sizeof s), 0);
  OK(__wasi_path_unlink_file(out, "a"));
  holds(file("b", FULL), "same", 4);
  // A link that leads nowhere, or to itself, can have another name too.
  OK(__wasi_path_symlink("loop", out, "loop"));
  OK(LINK("loop", "twin"));
  IS(LINK("b", "b"), E(EXIST));
  IS(LINK("b", "d"), E(EXIST));
  IS(LINK("b", "loop"), E(EXIST));
  IS(LINK("b", "x/"), E(NOENT));
  IS(LINK("none", "x"), E(NOENT));
  IS(LINK("b", "none/x"), E(NOENT));
  IS(LINK("b/", "x"), E(NOTDIR));
  IS(LINK("b", "b/x"), E(NOTDIR));
  IS(LINK("d", "x"), E(PERM));
  IS(LINK("b", "../x"), E(PERM));
  IS(LINK("b", "\n"), E(ILSEQ));
  IS(__wasi_path_link(out, FOLLOW, "loop", out, "x"), E(INVAL));
  IS(__wasi_path_link(in, 0, "a", out, "x"), E(XDEV));
  IS(__wasi_path_link(out, 0, "b", in, "x"), E(ROFS));
  IS(__wasi_path_link(folder("d", R(PATH_LINK_TARGET)), 0, "c", out, "x"), E(NOTCAPABLE));
  IS(__wasi_path_link(out, 0, "b", folder("d", R(PATH_LINK_SOURCE)), "x"), E(NOTCAPABLE));
  IS(__wasi_path_link(out, 0, "b", file("b", FULL), "x"), E(NOTDIR));
  IS(__wasi_path_link(CLOSED, 0, "b", out, "x"), E(BADF));
  IS(__wasi_path_link(out, 0, "b", CLOSED, "x"), E(BADF));
}
