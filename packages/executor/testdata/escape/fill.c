// Makes as many as it can of one thing: the first argument says of what, the second how many it wants; the third may
// say of what there is something before, and how much, such as "f100".
// What it says in the end is how many it got, and the error that stopped it.
#include "attack.h"

static char name[256] = "0000000";

static const char *next(int number) {
  for (int i = 6; i >= 0; i--, number /= 10) name[i] = '0' + number % 10;
  return name;
}

static int one_more(char what, int number) {
  static uint8_t listing[64];
  __wasi_fd_t fd = CLOSED;
  __wasi_size_t used;
  int error;
  switch (what) {
    case 'f':  // files
      error = open_in(out, next(number), __WASI_OFLAGS_CREAT, FULL, &fd);
      return error ? error : __wasi_fd_close(fd);
    case 'd':  // folders
      return __wasi_path_create_directory(out, next(number));
    case 's':  // symbolic links
      return __wasi_path_symlink("0000000", out, next(number));
    case 'h':  // names of one file
      if (number == 0) put_file("file", "12345678");
      return __wasi_path_link(out, 0, "file", out, next(number));
    case 'n':  // names of one file that are taken away again
      if (number == 0) put_file("file", "12345678");
      error = __wasi_path_link(out, 0, "file", out, next(number));
      return error ? error : __wasi_path_unlink_file(out, next(number));
    case 'o':  // open files
      return open_in(out, "open", __WASI_OFLAGS_CREAT, FULL, &fd);
    case 'e':  // folders in each other
      error = __wasi_path_create_directory(out, "d");
      if (error) return error;
      error = open_in(out, "d", __WASI_OFLAGS_DIRECTORY, FOLDER, &fd);
      if (error) return error;
      OK(__wasi_fd_close(out));
      out = fd;
      return 0;
    case 'l':  // listings of one folder
      error = open_in(out, ".", __WASI_OFLAGS_DIRECTORY, FOLDER, &fd);
      return error ? error : __wasi_fd_readdir(fd, listing, sizeof listing, 0, &used);
    case 'i':  // folders of an input in each other
      memset(name, 'n', 255);
      error = open_in(in, name, __WASI_OFLAGS_DIRECTORY, FOLDER, &fd);
      if (error) return error;
      OK(__wasi_fd_close(in));
      in = fd;
      return 0;
    case 'w':  // bytes of a file, 64 KiB at a time
      if (number == 0) fd = file("bytes", FULL), OK(__wasi_fd_renumber(fd, in)), fd = in;
      static uint8_t bytes[65536];
      __wasi_ciovec_t part = {bytes, sizeof bytes};
      return __wasi_fd_write(in, &part, 1, &used);
  }
  return E(NOSYS);
}

static int number_in(const char *digits) {
  int number = 0;
  for (; *digits; digits++) number = number * 10 + *digits - '0';
  return number;
}

static void check(void) {
  read_arguments();
  const char what = arguments[0][0], before = arguments[2][0];
  int got = 0, error = 0;
  if (before) for (int i = 0; i < number_in(arguments[2] + 1); i++) OK(one_more(before, i));
  while (got < number_in(arguments[1]) && (error = one_more(what, got)) == 0) got++;
  if (what == 'e' && !error) put_file("file", "deep");
  print_number(got), print(" then "), print_number(error), print("\n");
}
