#include "check.h"

RAW(sock_shutdown)(int fd, int how);
#define TRY(FD) raw_sock_shutdown(FD, 1)

// Nothing is a socket, and a folder is no stream of any kind.
static void check(void) {
  for (int stream = 0; stream < 3; stream++) IS(TRY(stream), E(NOTSOCK));
  IS(TRY(file("f", FULL)), E(NOTSOCK));
  IS(TRY(ROOT), E(BADF));
  IS(TRY(CLOSED), E(BADF));
}
