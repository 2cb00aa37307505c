// Names that are no names, names that mean something to hosts, and names that look alike.
#include "attack.h"

static char name[8192];

static int create(const char *text, int length) {
  int fd = CLOSED;
  int error = raw_path_open(out, 0, text, length, __WASI_OFLAGS_CREAT, FULL, 0, 0, &fd);
  if (!error) OK(__wasi_fd_close(fd));
  return error;
}
#define CREATE(text) create(text, sizeof(text) - 1)

static void no_names(void) {
  IS(CREATE(""), E(NOENT));
  IS(CREATE("."), E(ISDIR));
  IS(CREATE(".."), E(PERM));
  IS(CREATE("/"), E(PERM));
  IS(CREATE("//etc//passwd"), E(PERM));
  IS(CREATE("./../x"), E(PERM));
  IS(CREATE("none/../x"), E(NOENT));
  IS(CREATE("x/"), E(ISDIR));
  IS(CREATE("a\0b"), E(INVAL));
  IS(CREATE("\0"), E(INVAL));
  IS(CREATE("/etc/passwd\0.txt"), E(INVAL));
  IS(raw_path_create_directory(out, "..", 2), E(PERM));
  IS(raw_path_create_directory(out, ".", 1), E(EXIST));
  IS(raw_path_create_directory(out, "a\nb", 3), E(ILSEQ));
}

static void broken_text(void) {
  IS(CREATE("\xff"), E(ILSEQ));
  IS(CREATE("\xc0\xae\xc0\xae/x"), E(ILSEQ));      // ".." in more bytes than it has
  IS(CREATE("\xe0\x80\xaf"), E(ILSEQ));            // a slash in three bytes
  IS(CREATE("\xed\xa0\x80"), E(ILSEQ));            // half of a pair
  IS(CREATE("\xf5\x80\x80\x80"), E(ILSEQ));        // beyond Unicode
  IS(CREATE("\xe2\x82"), E(ILSEQ));                // cut off
  IS(CREATE("\xef\xbf\xbd"), E(ILSEQ));            // what stands for broken text
  for (char c = 1; c < 32; c++) IS(create(&c, 1), E(ILSEQ));
  IS(CREATE("\x7f"), E(ILSEQ));
}

static void long_names(void) {
  memset(name, 'n', sizeof name);
  OK(create(name, 255));
  IS(create(name, 256), E(NAMETOOLONG));
  IS(create(name, 4096), E(NAMETOOLONG));
  IS(create(name, 4097), E(NAMETOOLONG));
  IS(create(name, 0x7fffffff), E(FAULT));
  IS(create(name, -1), E(FAULT));
  // 128 letters of two bytes each are 256 bytes.
  for (int i = 0; i < 256; i += 2) name[i] = '\xc3', name[i + 1] = '\xa9';
  OK(create(name, 254));
  IS(create(name, 256), E(NAMETOOLONG));
  // A path of four kilobytes of which nothing is there, up and down.
  for (int i = 0; i < 4095; i += 3) memcpy(name + i, "a/.", 3);
  IS(create(name, 4095), E(NOENT));
  for (int i = 0; i < 4095; i += 3) memcpy(name + i, "../", 3);
  IS(create(name, 4095), E(PERM));
  for (int i = 0; i < 4096; i += 2) memcpy(name + i, "./", 2);
  IS(create(name, 4096), E(ISDIR));
}

static void names_of_hosts(void) {
  // To the guest they are names like any other, and stay names in the results.
  OK(CREATE("con"));
  OK(CREATE("NUL"));
  OK(CREATE("C:"));
  OK(CREATE("a:b"));
  OK(CREATE("..."));
  OK(CREATE("..;"));
  OK(CREATE("~"));
  OK(CREATE("-rf"));
  OK(CREATE("$HOME"));
  OK(CREATE("`id`"));
  OK(CREATE("*"));
  OK(CREATE("..\\..\\x"));
  OK(CREATE("%2e%2e%2fx"));
  OK(CREATE("__proto__"));
  OK(CREATE("constructor"));
  OK(CREATE("stdout"));
  OK(CREATE("exitCode"));
  OK(CREATE("<script>"));
}

static void names_alike(void) {
  // The same to a reader: two files each, told apart by their bytes.
  put_file("Case", "upper");
  put_file("case", "lower");
  put_file("caf\xc3\xa9", "one letter");
  put_file("cafe\xcc\x81", "letter and accent");
  put_file("\xef\xac\x81", "ligature");
  put_file("fi", "letters");
  put_file("a\xe2\x80\x8b", "a space of no width");
  put_file("a", "none");
}

static void check(void) {
  no_names();
  broken_text();
  long_names();
  names_of_hosts();
  names_alike();
}
