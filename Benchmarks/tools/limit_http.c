// The same HTTP requests alone: how cheaply can a client of one thread ask the stub?
//
//   limit_http --port P --count N [--connections 64]
//
// Prints a line of JSON. Each answer is read to its end; its length is taken from its head, nothing else is looked at.
#define _GNU_SOURCE
#include "job.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 16384 };

struct connection {
    int socket, used;
    int request_length;
    char request[4096], answer[ANSWER_MAX];
};

static int64_t asked, answered, wanted, bytes;

static void write_request(struct connection *of, int number) {
    struct job_style style = {.prefix = "campaign-2026"};
    char id[JOB_ID_MAX + 1], job[JOB_MAX];
    job_id(id, &style, (uint64_t)number);
    // What a worker adds to a job's fields, and the header that it signs with, at their usual lengths.
    int length = job_value(job, &style, id, (uint64_t)number);
    const char *more = ",\"merchant_id\":\"Benchmark-Merchant\",\"application_key\":\"Benchmark-Website\","
                       "\"version\":\"1.3\",\"timestamp\":1763740000}";
    of->request_length = snprintf(
        of->request, sizeof of->request,
        "POST /cashier/virtual-terminal HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json; charset=utf-8\r\nGt-Authentication: %096d\r\nContent-Length: %zu\r\n\r\n%.*s%s",
        number, (size_t)length - 1 + strlen(more), length - 1, job, more);
}

static void ask(struct connection *of) {
    if (asked == wanted) return;
    asked += 1;
    if (send(of->socket, of->request, (size_t)of->request_length, MSG_NOSIGNAL) != of->request_length)
        die("limit_http: a request was not taken whole");
}

static void read_answer(struct connection *of) {
    ssize_t got = recv(of->socket, of->answer + of->used, (size_t)(ANSWER_MAX - 1 - of->used), 0);
    if (got <= 0) die("limit_http: the stub closed a connection");
    of->used += (int)got;
    of->answer[of->used] = 0;
    char *end = strstr(of->answer, "\r\n\r\n"), *length = strcasestr(of->answer, "content-length:");
    if (!end || !length || length > end || of->used < end + 4 - of->answer + atoi(length + 15)) return;
    bytes += of->used;
    of->used = 0;
    answered += 1;
    ask(of);
}

int main(int count, char **arguments) {
    int connections = (int)number(count, arguments, "connections", 64);
    wanted = number(count, arguments, "count", 100000);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)number(count, arguments, "port", 0)),
        .sin_addr.s_addr = htonl(0x7f000001),
    };
    int poller = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        struct connection *of = calloc(1, sizeof *of);
        if (!of) die("no memory");
        of->socket = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(of->socket, (struct sockaddr *)&address, sizeof address)) die("limit_http: %s", strerror(errno));
        setsockopt(of->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        write_request(of, i);
        epoll_ctl(poller, EPOLL_CTL_ADD, of->socket, &(struct epoll_event){.events = EPOLLIN, .data.ptr = of});
        ask(of);
    }
    int64_t began = monotonic_us(), cpu = cpu_us();
    struct epoll_event events[256];
    while (answered < wanted) {
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) read_answer(events[i].data.ptr);
    }
    printf("{\"operations\": %lld, \"seconds\": %.3f, \"client_cpu_us\": %lld, \"bytes_per_answer\": %.1f}\n",
           (long long)answered, (double)(monotonic_us() - began) / 1e6, (long long)(cpu_us() - cpu),
           (double)bytes / (double)answered);
}
