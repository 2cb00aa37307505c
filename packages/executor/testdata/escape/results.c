// What becomes of a result path that its guest treats badly; the first argument says how.
#include "attack.h"

static void removed(void) { OK(__wasi_path_remove_directory(ROOT, "out")); }

static void linked(void) {
  removed();
  OK(__wasi_path_create_directory(ROOT, "elsewhere"));
  OK(__wasi_path_symlink("elsewhere", ROOT, "out"));
  __wasi_fd_t fd = CLOSED;
  OK(__wasi_path_open(ROOT, FOLLOW, "out/file", __WASI_OFLAGS_CREAT, FULL, 0, 0, &fd));
  put(fd, "behind the link");
}

static void linked_out(void) {
  removed();
  OK(__wasi_path_symlink("../../secrets/secret.txt", ROOT, "out"));
}

static void renamed(void) {
  put_file("file", "moved away");
  OK(__wasi_path_rename(ROOT, "out", ROOT, "gone"));
}

static void became_a_file(void) {
  __wasi_fd_t fd = CLOSED;
  removed();
  OK(open_in(ROOT, "out", __WASI_OFLAGS_CREAT, FULL, &fd));
  put(fd, "a file now");
}

static void became_the_input(void) {
  removed();
  OK(__wasi_path_symlink("in", ROOT, "out"));
}

static void full_of_links(void) {
  put_file("file", "kept");
  OK(__wasi_path_symlink("file", out, "to-file"));
  OK(__wasi_path_symlink("../in", out, "to-input"));
  OK(__wasi_path_symlink("../../../../etc", out, "to-host"));
  OK(__wasi_path_symlink(arguments[1] + 1, out, "to-secrets"));
  OK(__wasi_path_create_directory(out, "empty"));
  OK(__wasi_path_create_directory(out, "folder"));
  OK(__wasi_path_symlink("..", out, "folder/loop"));
  OK(__wasi_path_link(out, 0, "file", out, "folder/again"));
  OK(__wasi_path_link(out, 0, "to-file", out, "folder/link-again"));
}

static void check(void) {
  read_arguments();
  switch (arguments[0][0]) {
    case 'd': removed(); break;
    case 'l': linked(); break;
    case 'o': linked_out(); break;
    case 'r': renamed(); break;
    case 'f': became_a_file(); break;
    case 'i': became_the_input(); break;
    case 'm': full_of_links(); break;
  }
}
