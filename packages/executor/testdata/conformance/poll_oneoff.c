#include "check.h"

static __wasi_subscription_t wishes[3];
static __wasi_event_t events[3];
static __wasi_size_t n;

static void clock_wish(int at, int id, __wasi_timestamp_t timeout, int flags) {
  memset(&wishes[at], 0, sizeof wishes[at]);
  wishes[at].userdata = 100 + at, wishes[at].u.tag = __WASI_EVENTTYPE_CLOCK;
  wishes[at].u.u.clock.id = id, wishes[at].u.u.clock.timeout = timeout, wishes[at].u.u.clock.flags = flags;
}

static void fd_wish(int at, int type, __wasi_fd_t fd) {
  memset(&wishes[at], 0, sizeof wishes[at]);
  wishes[at].userdata = 100 + at, wishes[at].u.tag = type, wishes[at].u.u.fd_read.file_descriptor = fd;
}

static __wasi_timestamp_t now(int id) {
  __wasi_timestamp_t t;
  OK(__wasi_clock_time_get(id, 0, &t));
  return t;
}

// Whoever sleeps wakes at once, later by the clock.
static void sleeping(void) {
  __wasi_timestamp_t before = now(__WASI_CLOCKID_MONOTONIC);
  clock_wish(0, __WASI_CLOCKID_MONOTONIC, 5000000000ULL, 0);
  OK(__wasi_poll_oneoff(wishes, events, 1, &n));
  IS(n, 1);
  IS(events[0].userdata, 100);
  IS(events[0].error, 0);
  IS(events[0].type, __WASI_EVENTTYPE_CLOCK);
  IS(now(__WASI_CLOCKID_MONOTONIC) - before, 5000001000ULL);
  before = now(__WASI_CLOCKID_REALTIME);
  clock_wish(0, __WASI_CLOCKID_REALTIME, before + 7000000, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
  clock_wish(1, __WASI_CLOCKID_REALTIME, 60000000000ULL, 0);
  OK(__wasi_poll_oneoff(wishes, events, 2, &n));
  IS(n, 1);
  IS(now(__WASI_CLOCKID_REALTIME) - before, 7001000);
  // What is past already takes no time.
  before = now(__WASI_CLOCKID_REALTIME);
  clock_wish(0, __WASI_CLOCKID_REALTIME, 5, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
  OK(__wasi_poll_oneoff(wishes, events, 1, &n));
  IS(now(__WASI_CLOCKID_REALTIME) - before, 1000);
  clock_wish(0, 9, 5, 0);
  OK(__wasi_poll_oneoff(wishes, events, 1, &n));
  IS(events[0].error, E(INVAL));
}

// Streams and files are always ready, so that no time passes.
static void descriptors(void) {
  __wasi_timestamp_t before = now(__WASI_CLOCKID_MONOTONIC);
  __wasi_fd_t fd = file("f", FULL), weak = file("f", BASIC);
  clock_wish(0, __WASI_CLOCKID_MONOTONIC, 5000000000ULL, 0);
  fd_wish(1, __WASI_EVENTTYPE_FD_READ, 0);
  fd_wish(2, __WASI_EVENTTYPE_FD_WRITE, 1);
  OK(__wasi_poll_oneoff(wishes, events, 3, &n));
  IS(n, 2);
  IS(events[0].userdata, 101);
  IS(events[0].fd_readwrite.nbytes, 13);
  IS(events[1].userdata, 102);
  IS(events[1].type, __WASI_EVENTTYPE_FD_WRITE);
  IS(now(__WASI_CLOCKID_MONOTONIC) - before, 1000);
  fd_wish(0, __WASI_EVENTTYPE_FD_READ, CLOSED);
  fd_wish(1, __WASI_EVENTTYPE_FD_READ, weak);
  fd_wish(2, __WASI_EVENTTYPE_FD_READ, fd);
  OK(__wasi_poll_oneoff(wishes, events, 3, &n));
  IS(n, 3);
  IS(events[0].error, E(BADF));
  IS(events[1].error, E(NOTCAPABLE));
  IS(events[2].error, 0);
}

static void check(void) {
  sleeping();
  descriptors();
  IS(__wasi_poll_oneoff(wishes, events, 0, &n), E(INVAL));
  IS(__wasi_poll_oneoff(wishes, events, 1025, &n), E(INVAL));
  IS(__wasi_poll_oneoff(NOWHERE, events, 1, &n), E(FAULT));
  fd_wish(0, 3, 0);
  IS(__wasi_poll_oneoff(wishes, events, 1, &n), E(INVAL));
  fd_wish(0, __WASI_EVENTTYPE_FD_READ, 0);
  IS(__wasi_poll_oneoff(wishes, NOWHERE, 1, &n), E(FAULT));
  IS(__wasi_poll_oneoff(wishes, events, 1, NOWHERE), E(FAULT));
}
