#pragma once
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

// glibc declares it only under _GNU_SOURCE, which Swift's Glibc module does not set.
extern int pthread_setname_np(pthread_t thread, const char *name);

// Variadic in C, so Swift cannot call it: no core dump, no ptrace by the same user, no memory of ours in either.
static inline int usher_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Variadic in C: the child gets `signal` when the thread that started it ends.
static inline int usher_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

// glibc declares it only under _GNU_SOURCE: the new socket is non-blocking and closed on exec from its first moment.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
