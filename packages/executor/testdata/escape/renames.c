// What was looked at is another thing by the time that it is used.
#include "attack.h"

static void swapped_for_a_link(void) {
  // A folder is open; its name becomes a link to elsewhere; what is open is still the folder.
  OK(__wasi_path_create_directory(out, "work"));
  __wasi_fd_t work = folder("work", FOLDER), fd = CLOSED;
  OK(__wasi_path_rename(out, "work", out, "moved"));
  OK(__wasi_path_symlink("../../../../tmp", out, "work"));
  OK(open_in(work, "file", __WASI_OFLAGS_CREAT, FULL, &fd));
  put(fd, "in the folder");
  OK(__wasi_fd_close(fd));
  IS(open_at(out, "work/file", FOLLOW, 0), E(PERM));
  OK(exists("moved/file"));
  // The other way round: the link was there first.
  IS(__wasi_path_rename(out, "moved", out, "work"), E(NOTDIR));
  OK(__wasi_path_unlink_file(out, "work"));
  OK(__wasi_path_rename(out, "moved", out, "work"));
  OK(open_at(out, "work/file", FOLLOW, 0));
  OK(__wasi_fd_close(work));
}

static void open_while_it_moves(void) {
  // A folder that is open is moved up and down: `..` never leads out of it.
  OK(__wasi_path_create_directory(out, "deep"));
  OK(__wasi_path_create_directory(out, "deep/er"));
  OK(__wasi_path_create_directory(out, "deep/er/est"));
  __wasi_fd_t est = folder("deep/er/est", FOLDER);
  for (int i = 0; i < 20; i++) {
    OK(__wasi_path_rename(out, "deep/er/est", out, "est"));
    IS(open_at(est, "..", 0, 0), E(PERM));
    IS(open_at(est, "x/../..", 0, 0), E(NOENT));
    OK(__wasi_path_create_directory(est, "x"));
    IS(open_at(est, "x/../..", 0, 0), E(PERM));
    OK(open_at(est, "x/..", 0, 0));
    OK(__wasi_path_remove_directory(est, "x"));
    OK(__wasi_path_rename(out, "est", out, "deep/er/est"));
  }
  // Into itself it can't be moved, by any of its names.
  IS(__wasi_path_rename(out, "deep", out, "deep/er/deep"), E(INVAL));
  IS(__wasi_path_rename(out, "deep", est, "deep"), E(INVAL));
  IS(__wasi_path_rename(ROOT, "out", est, "out"), E(INVAL));
  IS(__wasi_path_rename(in, "a", out, "a"), E(ROFS));
  IS(__wasi_path_rename(out, "work/file", in, "a"), E(ROFS));
  IS(__wasi_path_rename(out, ".", out, "dot"), E(BUSY));
  IS(__wasi_path_rename(out, "deep", out, ".."), E(PERM));
  OK(__wasi_fd_close(est));
}

static void gone_while_it_is_open(void) {
  OK(__wasi_path_create_directory(out, "doomed"));
  __wasi_fd_t doomed = folder("doomed", FOLDER), fd = CLOSED;
  OK(__wasi_path_remove_directory(out, "doomed"));
  IS(open_in(doomed, "x", __WASI_OFLAGS_CREAT, FULL, &fd), E(NOENT));
  IS(__wasi_path_create_directory(doomed, "x"), E(NOENT));
  IS(__wasi_path_symlink("/", doomed, "x"), E(PERM));
  IS(__wasi_path_symlink("x", doomed, "x"), E(NOENT));
  IS(__wasi_path_rename(out, "work", doomed, "work"), E(NOENT));
  IS(open_at(doomed, "..", 0, 0), E(PERM));
  // Another of the same name is another.
  OK(__wasi_path_create_directory(out, "doomed"));
  put_file("doomed/new", "new");
  IS(open_at(doomed, "new", 0, 0), E(NOENT));
  OK(__wasi_fd_close(doomed));
  // A file without a name is written and read, and is gone with its descriptor.
  fd = file("nameless", FULL);
  OK(__wasi_path_unlink_file(out, "nameless"));
  put(fd, "still here");
  holds(fd, "still here", 10);
  OK(__wasi_fd_close(fd));
  IS(exists("nameless"), E(NOENT));
}

static void replaced(void) {
  // A file is replaced while it is open, a link while it is followed.
  __wasi_fd_t old = file("old", FULL);
  put(old, "old");
  put_file("new", "newer");
  OK(__wasi_path_rename(out, "new", out, "old"));
  holds(old, "old", 3);
  OK(__wasi_fd_close(old));
  put_file("target-a", "a");
  put_file("target-b", "b");
  OK(__wasi_path_symlink("target-a", out, "switch-a"));
  OK(__wasi_path_symlink("target-b", out, "switch-b"));
  __wasi_fd_t fd = CLOSED;
  OK(__wasi_path_open(out, FOLLOW, "switch-a", 0, FULL, 0, 0, &fd));
  OK(__wasi_path_rename(out, "switch-b", out, "switch-a"));
  holds(fd, "a", 1);
  OK(__wasi_fd_close(fd));
  OK(__wasi_path_open(out, FOLLOW, "switch-a", 0, FULL, 0, 0, &fd));
  holds(fd, "b", 1);
  OK(__wasi_fd_close(fd));
}

static void listed_while_it_changes(void) {
  // A listing that was begun goes on as it began, whatever becomes of the folder.
  uint8_t first[64], all[2048];
  __wasi_size_t used;
  OK(__wasi_path_create_directory(out, "listed"));
  char name[] = "listed/0";
  for (int i = 0; i < 8; i++) name[7] = '0' + i, make(name);
  __wasi_fd_t fd = folder("listed", FOLDER);
  OK(__wasi_fd_readdir(fd, first, sizeof first, 0, &used));
  for (int i = 0; i < 8; i++) name[7] = '0' + i, OK(__wasi_path_unlink_file(out, name));
  OK(__wasi_path_remove_directory(out, "listed"));
  OK(__wasi_fd_readdir(fd, all, sizeof all, 2, &used));
  IS(used, 8 * 25);
  OK(__wasi_fd_readdir(fd, all, sizeof all, 0, &used));
  IS(used, 24 + 1 + 24 + 2);
  OK(__wasi_fd_close(fd));
}

static void check(void) {
  swapped_for_a_link();
  open_while_it_moves();
  gone_while_it_is_open();
  replaced();
  listed_while_it_changes();
}
