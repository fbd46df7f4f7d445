// What every program of the benchmark needs: an end with a message, clocks, options, and the CPU time used.
#pragma once
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static inline __attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static inline int64_t clock_us(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

static inline int64_t monotonic_us(void) { return clock_us(CLOCK_MONOTONIC); }
static inline int64_t wall_us(void) { return clock_us(CLOCK_REALTIME); }

// User and system time of this process so far.
static inline int64_t cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ll + usage.ru_utime.tv_usec +
        usage.ru_stime.tv_usec;
}

// The value of `--name` among the arguments, or `fallback`.
static inline const char *option(int count, char **arguments, const char *name, const char *fallback) {
    for (int i = 1; i + 1 < count; i++) {
        if (strncmp(arguments[i], "--", 2) == 0 && strcmp(arguments[i] + 2, name) == 0) return arguments[i + 1];
    }
    return fallback;
}

static inline const char *need(int count, char **arguments, const char *name) {
    const char *value = option(count, arguments, name, NULL);
    if (!value) die("%s: --%s is missing", arguments[0], name);
    return value;
}

static inline int64_t number(int count, char **arguments, const char *name, int64_t fallback) {
    const char *value = option(count, arguments, name, NULL);
    if (!value) return fallback;
    char *end;
    errno = 0;
    long long parsed = strtoll(value, &end, 10);
    if (errno || end == value || *end) die("%s: --%s: expected a whole number, found %s", arguments[0], name, value);
    return parsed;
}

// A well-mixed 64-bit number for each 64-bit number (splitmix64).
static inline uint64_t mix(uint64_t value) {
    value += 0x9e3779b97f4a7c15ull;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

// A hash of bytes, good enough to tell some million order ids apart.
static inline uint64_t hash_bytes(const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    uint64_t hash = 0xcbf29ce484222325ull ^ count;
    for (size_t i = 0; i < count; i++) hash = (hash ^ at[i]) * 0x100000001b3ull;
    return mix(hash);
}
