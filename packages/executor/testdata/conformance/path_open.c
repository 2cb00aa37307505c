#include "check.h"
#define CREATE __WASI_OFLAGS_CREAT
#define EXCLUSIVE __WASI_OFLAGS_EXCL
#define TRUNCATE __WASI_OFLAGS_TRUNC
#define DIRECTORY __WASI_OFLAGS_DIRECTORY

RAW(path_open)(int fd, int lookup, const char *path, int length, int flags, __wasi_rights_t rights,
               __wasi_rights_t inheriting, int fdflags, __wasi_fd_t *result);

static __wasi_fd_t fd;
#define OPEN(path, flags, rights) open_in(out, path, flags, rights, &fd)
#define OPEN_FOLLOWING(path, flags) __wasi_path_open(out, FOLLOW, path, flags, FULL, 0, 0, &fd)

static void files(void) {
  IS(OPEN("f", 0, FULL), E(NOENT));
  OK(OPEN("f", CREATE | EXCLUSIVE, FULL));
  put(fd, "12345");
  OK(OPEN("f", CREATE, FULL));
  holds(fd, "12345", 5);
  IS(OPEN("f", CREATE | EXCLUSIVE, FULL), E(EXIST));
  OK(OPEN("f", TRUNCATE, 0));
  IS(size_of(file("f", FULL)), 0);
  IS(OPEN("f/", 0, 0), E(NOTDIR));
  IS(OPEN("f/.", 0, 0), E(NOTDIR));
  IS(OPEN("g/.", CREATE, 0), E(NOENT));
  IS(OPEN("f/x", CREATE, 0), E(NOTDIR));
  IS(OPEN("f", DIRECTORY, 0), E(NOTDIR));
  IS(OPEN("g/", CREATE, 0), E(ISDIR));
  IS(OPEN("none/g", CREATE, 0), E(NOENT));
  IS(OPEN("g", CREATE | DIRECTORY, 0), E(INVAL));
  IS(OPEN("g", 0x10, 0), E(INVAL));
  IS(__wasi_path_open(out, 0, "f", 0, 0, 0, 0x20, &fd), E(INVAL));
}

static void folders(void) {
  OK(__wasi_path_create_directory(out, "d"));
  make("d/f");
  OK(OPEN("d", 0, 0));
  OK(OPEN("d///", DIRECTORY, R(FD_READ)));
  OK(OPEN(".", DIRECTORY, FOLDER));
  OK(__wasi_path_open(out, 0, ".", 0, 0, 0, __WASI_FDFLAGS_NONBLOCK, &fd));
  OK(OPEN("d/.//../d/./f", 0, 0));
  IS(OPEN("d", 0, R(FD_WRITE)), E(ISDIR));
  IS(OPEN("d", CREATE, 0), E(ISDIR));
  IS(OPEN("d", TRUNCATE, 0), E(ISDIR));
  IS(OPEN("d", CREATE | EXCLUSIVE, 0), E(EXIST));
}

static void links(void) {
  OK(__wasi_path_symlink("d/f", out, "link"));
  OK(__wasi_path_symlink("d", out, "folder"));
  OK(__wasi_path_symlink("new", out, "dangling"));
  OK(__wasi_path_symlink("loop", out, "loop"));
  OK(__wasi_path_symlink("../..", out, "up"));
  IS(OPEN("link", 0, 0), E(LOOP));
  IS(OPEN("folder", DIRECTORY, 0), E(LOOP));
  OK(OPEN_FOLLOWING("link", 0));
  OK(OPEN("folder/f", 0, 0));
  OK(OPEN("folder/", DIRECTORY, 0));
  OK(OPEN("folder/.", DIRECTORY, 0));
  IS(OPEN_FOLLOWING("link", DIRECTORY), E(NOTDIR));
  IS(OPEN_FOLLOWING("dangling", 0), E(NOENT));
  IS(OPEN_FOLLOWING("dangling", CREATE | EXCLUSIVE), E(EXIST));
  OK(OPEN_FOLLOWING("dangling", CREATE));
  OK(exists("new"));
  IS(OPEN_FOLLOWING("loop", 0), E(LOOP));
  IS(OPEN("loop/x", 0, 0), E(LOOP));
  IS(OPEN_FOLLOWING("up", 0), E(PERM));
  IS(OPEN("up/etc", 0, 0), E(PERM));
}

static void ways_out(void) {
  IS(OPEN("..", 0, 0), E(PERM));
  IS(OPEN("../out/f", 0, 0), E(PERM));
  IS(OPEN("d/../../out", 0, 0), E(PERM));
  IS(OPEN("/f", 0, 0), E(PERM));
  IS(OPEN("/etc/passwd", 0, 0), E(PERM));
  __wasi_fd_t below = folder("d", FOLDER);
  IS(open_in(below, "../f", 0, 0, &fd), E(PERM));
  IS(OPEN("", 0, 0), E(NOENT));
  IS(raw_path_open(out, 0, "f\0", 2, 0, 0, 0, 0, &fd), E(INVAL));
  IS(raw_path_open(out, 0, "\xff", 1, CREATE, 0, 0, 0, &fd), E(ILSEQ));
  IS(raw_path_open(out, 0, NOWHERE, 100, 0, 0, 0, 0, &fd), E(FAULT));
  IS(raw_path_open(out, 0, "f", 1, 0, 0, 0, 0, NOWHERE), E(FAULT));
}

static void rights(void) {
  __wasi_fd_t weak;
  IS(open_in(folder("d", R(FD_READDIR)), "f", 0, 0, &fd), E(NOTCAPABLE));
  weak = folder("d", R(PATH_OPEN));
  IS(open_in(weak, "x", CREATE, 0, &fd), E(NOTCAPABLE));
  IS(open_in(weak, "f", TRUNCATE, 0, &fd), E(PERM));
  IS(open_in(file("f", FULL), "x", CREATE, 0, &fd), E(NOTDIR));
  IS(open_in(1, "x", 0, 0, &fd), E(NOTDIR));
  IS(open_in(CLOSED, "x", 0, 0, &fd), E(BADF));
  OK(open_in(in, "a", 0, BASIC, &fd));
  IS(open_in(in, "a", 0, R(FD_WRITE), &fd), E(ROFS));
  IS(open_in(in, "a", TRUNCATE, BASIC, &fd), E(ROFS));
  IS(open_in(in, "new", CREATE, BASIC, &fd), E(ROFS));
}

// Each descriptor gets the lowest number that is free, until there are as many as may be open.
static void many(void) {
  __wasi_fd_t first, next;
  OK(open_in(out, "f", 0, 0, &first));
  OK(open_in(out, "f", 0, 0, &next));
  IS(next, first + 1);
  OK(__wasi_fd_close(first));
  OK(open_in(out, "f", 0, 0, &next));
  IS(next, first);
  int error;
  while ((error = open_in(out, "f", 0, 0, &next)) == 0);
  IS(error, E(MFILE));
  OK(__wasi_fd_close(next));
  OK(open_in(out, "f", 0, 0, &next));
}

static void check(void) {
  files();
  folders();
  links();
  ways_out();
  rights();
  many();
}
