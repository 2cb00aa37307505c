// Addresses, lengths and counts that lie: at the end of memory, beyond it, over each other, over themselves.
#include "attack.h"

RAW(args_get)(int table, int buffer);
RAW(args_sizes_get)(int count, int size);
RAW(fd_read)(int fd, int vectors, int count, int result);
RAW(fd_pread)(int fd, int vectors, int count, long long offset, int result);
RAW(fd_write)(int fd, int vectors, int count, int result);
RAW(fd_pwrite)(int fd, int vectors, int count, long long offset, int result);
RAW(fd_readdir)(int fd, int buffer, int length, long long cookie, int result);
RAW(fd_filestat_get)(int fd, int result);
RAW(fd_prestat_dir_name)(int fd, int name, int length);
RAW(path_readlink)(int fd, int path, int length, int buffer, int size, int result);
RAW(poll_oneoff)(int subscriptions, int events, int count, int result);
RAW(random_get)(int buffer, int length);
RAW(clock_time_get)(int clock, long long precision, int result);

#define VECTORS 4096
static struct { unsigned at, length; } vectors[VECTORS];
static unsigned word, *const words = (unsigned *)arguments;
#define AT(pointer) ((int)(unsigned long)(pointer))
#define END ((int)(__builtin_wasm_memory_size(0) << 16))

static void vector(int index, int at, int length) { vectors[index].at = at, vectors[index].length = length; }

static void counts_of_vectors(void) {
  __wasi_fd_t fd = file("vectors", FULL);
  for (int i = 0; i < VECTORS; i++) vector(i, AT("x"), 1);
  OK(raw_fd_write(fd, AT(vectors), 0, AT(&word)));
  IS(word, 0);
  OK(raw_fd_write(fd, AT(vectors), 1024, AT(&word)));
  IS(word, 1024);
  IS(raw_fd_write(fd, AT(vectors), 1025, AT(&word)), E(INVAL));
  IS(raw_fd_write(fd, AT(vectors), 1 << 20, AT(&word)), E(INVAL));
  IS(raw_fd_write(fd, AT(vectors), 0x20000000, AT(&word)), E(INVAL));   // times 8 is 0 in 32 bits
  IS(raw_fd_write(fd, AT(vectors), 0x20000001, AT(&word)), E(INVAL));
  IS(raw_fd_write(fd, AT(vectors), 0x80000000, AT(&word)), E(INVAL));
  IS(raw_fd_write(fd, AT(vectors), -1, AT(&word)), E(INVAL));
  IS(raw_fd_read(fd, AT(vectors), -1, AT(&word)), E(INVAL));
  IS(raw_fd_pread(fd, AT(vectors), 1 << 20, 0, AT(&word)), E(INVAL));
  IS(raw_fd_pwrite(fd, AT(vectors), 1 << 20, 0, AT(&word)), E(INVAL));
  IS(raw_fd_write(1, AT(vectors), 1 << 20, AT(&word)), E(INVAL));
  IS(size_of(fd), 1024);
  // The table itself at the end of memory, and one entry beyond.
  memcpy((void *)(END - 8), vectors, 8);
  OK(raw_fd_write(fd, END - 8, 1, AT(&word)));
  IS(raw_fd_write(fd, END - 8, 2, AT(&word)), E(FAULT));
  IS(raw_fd_write(fd, END - 7, 1, AT(&word)), E(FAULT));
  IS(raw_fd_write(fd, END, 1, AT(&word)), E(FAULT));
  IS(raw_fd_write(fd, -8, 1, AT(&word)), E(FAULT));
  OK(raw_fd_write(fd, END, 0, AT(&word)));
  OK(__wasi_fd_close(fd));
}

static void lengths_of_vectors(void) {
  __wasi_fd_t fd = file("lengths", FULL);
  const int length = END;
  // Each of four gigabytes: beyond any memory.
  for (int i = 0; i < 1024; i++) vector(i, 0, -1);
  IS(raw_fd_write(fd, AT(vectors), 1024, AT(&word)), E(FAULT));
  IS(raw_fd_read(fd, AT(vectors), 1024, AT(&word)), E(FAULT));
  IS(raw_fd_write(1, AT(vectors), 1, AT(&word)), E(FAULT));
  // An address and a length that come to a small number in 32 bits.
  vector(0, 16, -16);
  IS(raw_fd_write(fd, AT(vectors), 1, AT(&word)), E(FAULT));
  vector(0, -16, 32);
  IS(raw_fd_write(fd, AT(vectors), 1, AT(&word)), E(FAULT));
  // The last vector is wrong: nothing of those before it is written.
  vector(0, 0, 8), vector(1, length - 8, 9);
  IS(raw_fd_write(fd, AT(vectors), 2, AT(&word)), E(FAULT));
  IS(size_of(fd), 0);
  // All of memory, up to its last byte, and nothing at its end.
  vector(0, 0, length), vector(1, length, 0), vector(2, length - 1, 1);
  OK(raw_fd_write(fd, AT(vectors), 3, AT(&word)));
  IS(word, length + 1);
  vector(0, length + 1, 0);
  IS(raw_fd_write(fd, AT(vectors), 1, AT(&word)), E(FAULT));
  OK(__wasi_fd_close(fd));
}

static void over_each_other(void) {
  static uint8_t buffer[64];
  __wasi_fd_t fd = file("overlap", FULL);
  put(fd, "0123456789abcdef");
  // Three buffers over each other: later ones win.
  vector(0, AT(buffer), 8), vector(1, AT(buffer) + 4, 4), vector(2, AT(buffer), 4);
  OK(raw_fd_pread(fd, AT(vectors), 3, 0, AT(&word)));
  IS(word, 16);
  IS(memcmp(buffer, "cdef89ab", 8), 0);
  // Into the vectors themselves: what they were when the call was made counts.
  vector(0, AT(vectors), 16), vector(1, AT(buffer), 8);
  OK(raw_fd_pread(fd, AT(vectors), 2, 0, AT(&word)));
  IS(word, 16);
  IS(memcmp(vectors, "0123456789abcdef", 16), 0);
  // The count over what was read, and over the vectors.
  vector(0, AT(buffer), 16);
  OK(raw_fd_pread(fd, AT(vectors), 1, 0, AT(buffer)));
  IS(*(unsigned *)buffer, 16);
  IS(memcmp(buffer + 4, "456789abcdef", 12), 0);
  vector(0, AT(buffer), 16);
  OK(raw_fd_pread(fd, AT(vectors), 1, 0, AT(vectors)));
  IS(vectors[0].at, 16);
  // A file is written from the place that it is read to.
  vector(0, AT(buffer), 16), vector(1, AT(buffer) + 1, 15);
  OK(raw_fd_pwrite(fd, AT(vectors), 2, 0, AT(&word)));
  IS(word, 31);
  // Names over the table that points to them.
  OK(raw_args_get(AT(words), AT(words)));
  memset(buffer, 0, sizeof buffer);
  OK(raw_poll_oneoff(AT(buffer), AT(buffer), 1, AT(buffer)));
  OK(__wasi_fd_close(fd));
}

static void at_the_end(void) {
  __wasi_fd_t fd = file("end", FULL);
  put(fd, "text");
  vector(0, AT(words), 4);
  for (int short_by = 1; short_by < 4; short_by++) {
    IS(raw_fd_pread(fd, AT(vectors), 1, 0, END - short_by), E(FAULT));
    IS(raw_fd_write(1, AT(vectors), 0, END - short_by), E(FAULT));
    IS(raw_args_sizes_get(END - short_by, AT(&word)), E(FAULT));
    IS(raw_args_sizes_get(AT(&word), END - short_by), E(FAULT));
    IS(raw_poll_oneoff(AT(words), AT(words), 1, END - short_by), E(FAULT));
  }
  OK(raw_fd_pread(fd, AT(vectors), 1, 0, END - 4));
  IS(raw_fd_filestat_get(fd, END - 63), E(FAULT));
  OK(raw_fd_filestat_get(fd, END - 64));
  IS(raw_clock_time_get(0, 0, END - 7), E(FAULT));
  OK(raw_clock_time_get(0, 0, END - 8));
  OK(raw_random_get(END, 0));
  OK(raw_random_get(END - 1, 1));
  IS(raw_random_get(END - 1, 2), E(FAULT));
  IS(raw_random_get(0, -1), E(FAULT));
  IS(raw_random_get(-1, -1), E(FAULT));
  IS(raw_random_get(-1, 0), E(FAULT));
  // Arguments and environment that don't fit, by a byte and by far.
  OK(raw_args_sizes_get(AT(words), AT(&word)));
  const int count = words[0], size = word;
  OK(raw_args_get(END - 4 * count, END - 4 * count - size));
  IS(raw_args_get(END - 4 * count + 1, AT(arguments)), E(FAULT));
  IS(raw_args_get(AT(arguments), END - size + 1), E(FAULT));
  IS(raw_args_get(-4, AT(arguments)), E(FAULT));
  IS(raw_args_get(AT(arguments), -1), E(FAULT));
  // A listing stops at the last byte that it may fill, and says so.
  OK(raw_fd_readdir(out, END - 30, 30, 0, AT(&word)));
  IS(word, 30);
  IS(raw_fd_readdir(out, END - 30, 31, 0, AT(&word)), E(FAULT));
  OK(raw_fd_readdir(out, AT(words), 0, 0, AT(&word)));
  IS(word, 0);
  OK(raw_fd_readdir(out, AT(words), 4096, -1, AT(&word)));
  IS(word, 0);
  OK(raw_fd_readdir(out, AT(words), 4096, 1LL << 62, AT(&word)));
  IS(word, 0);
  IS(raw_fd_prestat_dir_name(ROOT, END, 1), E(FAULT));
  IS(raw_fd_prestat_dir_name(ROOT, AT(words), 0), E(NAMETOOLONG));
  OK(raw_fd_prestat_dir_name(ROOT, END - 1, -1));
  OK(__wasi_fd_close(fd));
}

static void counts_of_events(void) {
  memset(arguments, 0, sizeof arguments);
  IS(raw_poll_oneoff(AT(words), AT(words), 0, AT(&word)), E(INVAL));
  IS(raw_poll_oneoff(AT(words), AT(words), 1025, AT(&word)), E(INVAL));
  IS(raw_poll_oneoff(AT(words), AT(words), 0x80000000, AT(&word)), E(INVAL));
  IS(raw_poll_oneoff(AT(words), AT(words), -1, AT(&word)), E(INVAL));
  IS(raw_poll_oneoff(END - 47, AT(words), 1, AT(&word)), E(FAULT));
  IS(raw_poll_oneoff(-1, AT(words), 1, AT(&word)), E(FAULT));
  IS(raw_poll_oneoff(AT(words), END - 31, 1, AT(&word)), E(FAULT));
}

static void lengths_of_paths(void) {
  struct { int at, length, error; } const cases[] = {
    {0, -1, E(FAULT)}, {-1, 1, E(FAULT)}, {END, 1, E(FAULT)}, {END, 0, E(NOENT)}, {END - 1, 2, E(FAULT)},
    {0x7fffffff, 0x7fffffff, E(FAULT)}, {-1, -1, E(FAULT)}, {0, END, E(NAMETOOLONG)},
  };
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *path = (const char *)cases[i].at;
    int length = cases[i].length, wanted = cases[i].error;
    static uint8_t status[64];
    IS(raw_path_filestat_get(ROOT, 0, path, length, status), wanted);
    IS(raw_path_create_directory(ROOT, path, length), wanted);
    IS(raw_path_open(ROOT, 0, path, length, 0, 0, 0, 0, (int *)&word), wanted);
    IS(raw_path_rename(ROOT, path, length, ROOT, path, length), wanted);
    IS(raw_path_link(ROOT, 0, path, length, ROOT, path, length), wanted);
    IS(raw_path_symlink(path, length, ROOT, "x", 1), wanted);
    IS(raw_path_readlink(ROOT, AT(path), length, AT(words), 64, AT(&word)), wanted);
  }
  // Where the answer can't be written, nothing is opened.
  __wasi_fdstat_t status;
  IS(raw_path_open(out, 0, "unseen", 6, __WASI_OFLAGS_CREAT, FULL, 0, 0, (int *)(END - 3)), E(FAULT));
  IS(exists("unseen"), E(NOENT));
  IS(__wasi_fd_fdstat_get(out + 3, &status), E(BADF));
}

static void check(void) {
  counts_of_vectors();
  lengths_of_vectors();
  over_each_other();
  at_the_end();
  counts_of_events();
  lengths_of_paths();
}
