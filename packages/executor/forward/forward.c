// Carries each connection to 127.0.0.1:3128 to the Unix socket that argv[1] names, both ways, until both ends are
// done. It is alone in a container without a network, which the container of a job joins: this is all that leads out.
//
// No libc, for nothing else is in its image: system calls, and memory that is all there from the start.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum { PORT = 3128, MAX_CONNECTIONS = 128, BACKLOG = 128, BUFFER_BYTES = 8192, SOCKET_BYTES = 16384 };
/// What a retry waits for where the system has no descriptor or memory for another connection.
enum { PAUSE_MS = 100 };

enum {
  AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, NONBLOCK = 04000, CLOEXEC = 02000000,
  SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_SNDBUF = 7, SO_RCVBUF = 8, MSG_NOSIGNAL = 0x4000, SHUT_WR = 1,
  POLLIN = 1, POLLOUT = 4, EINTR = 4, EAGAIN = 11, SIG_BLOCK = 0, SIGINT = 2, SIGPIPE = 13, SIGTERM = 15,
};

#if defined(__x86_64__)
enum {
  SYS_close = 3, SYS_sendto = 44, SYS_recvfrom = 45, SYS_socket = 41, SYS_connect = 42, SYS_shutdown = 48,
  SYS_bind = 49, SYS_listen = 50, SYS_setsockopt = 54, SYS_rt_sigprocmask = 14, SYS_exit_group = 231,
  SYS_ppoll = 271, SYS_accept4 = 288, SYS_signalfd4 = 289,
};
static long call6(long n, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
#elif defined(__aarch64__)
enum {
  SYS_close = 57, SYS_sendto = 206, SYS_recvfrom = 207, SYS_socket = 198, SYS_connect = 203, SYS_shutdown = 210,
  SYS_bind = 200, SYS_listen = 201, SYS_setsockopt = 208, SYS_rt_sigprocmask = 135, SYS_exit_group = 94,
  SYS_ppoll = 73, SYS_accept4 = 242, SYS_signalfd4 = 74,
};
static long call6(long n, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
__asm__(".globl _start\n_start:\n mov x29, xzr\n mov x30, xzr\n mov x0, sp\n bl run\n");
#else
#error "forward.c is written for x86_64 and aarch64"
#endif

#define CALL(n, a, b, c, d) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

struct pollfd { int fd; short events, revents; };
struct timespec { long seconds, nanoseconds; };
struct inet_address { u16 family, port; u32 address; u8 zero[8]; };
struct unix_address { u16 family; char path[108]; };

/// What goes one way: from `ends[way]` to `ends[1 - way]`.
struct way { u32 start, length; u8 ended, shut; u8 bytes[BUFFER_BYTES]; };
/// The end of the job is 0, that of the proxy 1.
struct connection { int open; int ends[2]; struct way ways[2]; };

static struct connection connections[MAX_CONNECTIONS];
static struct pollfd polled[2 + 2 * MAX_CONNECTIONS];
static struct unix_address proxy;

static void leave(int code) {
  for (;;) CALL(SYS_exit_group, code, 0, 0, 0);
}

static void set(int fd, int option, int value) {
  call6(SYS_setsockopt, fd, SOL_SOCKET, option, (long)&value, sizeof value, 0);
}

static void shut(struct connection *it, int way) {
  it->ways[way].shut = 1;
  CALL(SYS_shutdown, it->ends[1 - way], SHUT_WR, 0, 0);
}

/// Reads what there is room for, once.
static void take(struct connection *it, int way) {
  struct way *to = &it->ways[way];
  long got = call6(SYS_recvfrom, it->ends[way], (long)to->bytes, BUFFER_BYTES, 0, 0, 0);
  if (got == -EAGAIN || got == -EINTR) return;
  to->start = 0;
  to->length = got > 0 ? (u32)got : 0;
  // An end that fails says no more than one that ended.
  if (got <= 0) to->ended = 1;
}

/// Writes what was read, as far as it is taken.
static void give(struct connection *it, int way) {
  struct way *from = &it->ways[way];
  if (from->length > 0) {
    long sent = call6(SYS_sendto, it->ends[1 - way], (long)(from->bytes + from->start), from->length, MSG_NOSIGNAL, 0, 0);
    if (sent == -EAGAIN || sent == -EINTR) return;
    if (sent < 0) {
      // Nobody takes it: this way is over, and what comes the other way may still be worth reading.
      from->length = 0;
      from->ended = 1;
    } else {
      from->start += (u32)sent;
      from->length -= (u32)sent;
    }
  }
  if (from->ended && from->length == 0 && !from->shut) shut(it, way);
}

static void serve(struct connection *it, struct pollfd *ends) {
  for (int way = 0; way < 2; way++) {
    struct way *on = &it->ways[way];
    int fresh = !on->ended && on->length == 0 && ends[way].revents;
    if (fresh) take(it, way);
    if ((fresh || ends[1 - way].revents) && (on->length > 0 || (on->ended && !on->shut))) give(it, way);
  }
  if (!it->ways[0].shut || !it->ways[1].shut) return;
  CALL(SYS_close, it->ends[0], 0, 0, 0);
  CALL(SYS_close, it->ends[1], 0, 0, 0);
  it->open = 0;
}

static struct connection *vacant(void) {
  for (int i = 0; i < MAX_CONNECTIONS; i++) {
    if (!connections[i].open) return &connections[i];
  }
  return 0;
}

/// Takes a connection, or closes it where there are too many or the proxy isn't there; false if there is none to take.
static int admit(int listener, int *pause) {
  long job = CALL(SYS_accept4, listener, 0, 0, NONBLOCK | CLOEXEC);
  if (job < 0) {
    // Other than EAGAIN, it is want of memory or descriptors, or a connection that is gone already.
    *pause = job != -EAGAIN;
    return 0;
  }
  struct connection *it = vacant();
  long out = it ? CALL(SYS_socket, AF_UNIX, SOCK_STREAM | NONBLOCK | CLOEXEC, 0, 0) : -1;
  // To a Unix socket it succeeds or fails at once.
  if (out >= 0 && CALL(SYS_connect, out, &proxy, sizeof proxy, 0) < 0) {
    CALL(SYS_close, out, 0, 0, 0);
    out = -1;
  }
  if (out < 0) {
    CALL(SYS_close, job, 0, 0, 0);
    return 1;
  }
  // What the kernel keeps counts as memory of this container.
  set((int)job, SO_SNDBUF, SOCKET_BYTES);
  set((int)out, SO_SNDBUF, SOCKET_BYTES);
  it->open = 1;
  it->ends[0] = (int)job;
  it->ends[1] = (int)out;
  for (int way = 0; way < 2; way++) {
    it->ways[way].length = 0;
    it->ways[way].ended = 0;
    it->ways[way].shut = 0;
  }
  return 1;
}

/// An end from which and to which there is nothing to do isn't polled: that it hung up would be told again and again.
static void ask(struct pollfd *ends, const struct connection *it) {
  for (int end = 0; end < 2; end++) {
    const struct way *from = &it->ways[end], *to = &it->ways[1 - end];
    int wanted = 0;
    if (it->open && !from->ended && from->length == 0) wanted |= POLLIN;
    if (it->open && to->length > 0) wanted |= POLLOUT;
    ends[end].fd = wanted ? it->ends[end] : -1;
    ends[end].events = (short)wanted;
    ends[end].revents = 0;
  }
}

static int listen_here(void) {
  struct inet_address here = {AF_INET, (u16)(PORT >> 8 | (PORT & 255) << 8), 0x0100007f, {0}};
  long listener = CALL(SYS_socket, AF_INET, SOCK_STREAM | NONBLOCK | CLOEXEC, 0, 0);
  if (listener < 0) leave(3);
  set((int)listener, SO_REUSEADDR, 1);
  // Those that are taken inherit it.
  set((int)listener, SO_RCVBUF, SOCKET_BYTES);
  if (CALL(SYS_bind, listener, &here, sizeof here, 0) < 0) leave(4);
  if (CALL(SYS_listen, listener, BACKLOG, 0, 0) < 0) leave(5);
  return (int)listener;
}

static int watch_signals(void) {
  // Blocked, they reach the first process of a container too, which by default they don't.
  u64 mask = 1UL << (SIGTERM - 1) | 1UL << (SIGINT - 1);
  u64 blocked = mask | 1UL << (SIGPIPE - 1);
  CALL(SYS_rt_sigprocmask, SIG_BLOCK, &blocked, 0, sizeof blocked);
  long signals = CALL(SYS_signalfd4, -1, &mask, sizeof mask, NONBLOCK | CLOEXEC);
  if (signals < 0) leave(6);
  return (int)signals;
}

__attribute__((used, noreturn)) void run(long *stack) {
  const char *path = stack[0] == 2 ? (const char *)stack[2] : "";
  u32 length = 0;
  for (; path[length]; length++) {
    if (length == sizeof proxy.path - 1) leave(2);
    proxy.path[length] = path[length];
  }
  if (length == 0) leave(2);
  proxy.family = AF_UNIX;
  int listener = listen_here();
  polled[0] = (struct pollfd){watch_signals(), POLLIN, 0};
  int pause = 0;
  for (;;) {
    polled[1] = (struct pollfd){pause ? -1 : listener, POLLIN, 0};
    for (int i = 0; i < MAX_CONNECTIONS; i++) ask(&polled[2 + 2 * i], &connections[i]);
    struct timespec patience = {0, PAUSE_MS * 1000000L};
    CALL(SYS_ppoll, polled, 2 + 2 * MAX_CONNECTIONS, pause ? &patience : 0, 0);
    pause = 0;
    if (polled[0].revents) leave(0);
    for (int i = 0; i < MAX_CONNECTIONS; i++) {
      if (connections[i].open) serve(&connections[i], &polled[2 + 2 * i]);
    }
    if (polled[1].revents) {
      for (int taken = 0; taken < BACKLOG && admit(listener, &pause); taken++) {
      }
    }
  }
}
