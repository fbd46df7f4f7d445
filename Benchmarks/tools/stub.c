// A Cashier that costs next to nothing: one thread, epoll, HTTP/1.1 with keep-alive. It answers every opening request
// with a signed session for the order that it names (API 1.3, cashier_api/virtual_terminal), and checks nothing: what a
// provider refuses, and when, is the simulator's subject (docs/SIMULATOR.md).
//
//   stub --secret-file FILE [--port 0] [--delay-ms 0]
//
// Prints "port N". GET /stats tells how many requests there were, and for how long how many were open at once;
// GET /reset begins anew; GET /delay?MS changes the delay of requests that come from then on.
#define _GNU_SOURCE
#include "common.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 32768, HEAD_ROOM = 512, OPEN_MAX_COUNTED = 8192, TEXT_MAX = 1024 };

struct text { const char *at; int length; };

struct connection {
    int socket;
    int used;        // bytes of `in` that are filled
    int out_used, out_sent;
    bool waits;      // its request is read and its answer not yet due
    int64_t due;
    struct connection *next_due;
    char in[ROOM], out[ROOM];
};

static int poller, listener;
static char secret[256];
static size_t secret_length;
static int64_t delay_us;
static EVP_MD *sha384;
static EVP_MD_CTX *hashing;
static uint64_t tokens;
static struct connection *first_due, *last_due;

// Statistics. Time is summed by the number of requests that were open during it.
static int64_t requests, unreadable, open_now, open_since, began;
static int64_t open_time[OPEN_MAX_COUNTED + 1];

static void count_open(int change) {
    int64_t now = monotonic_us();
    open_time[open_now < OPEN_MAX_COUNTED ? open_now : OPEN_MAX_COUNTED] += now - open_since;
    open_since = now;
    open_now += change;
}

static void reset_statistics(void) {
    memset(open_time, 0, sizeof open_time);
    requests = unreadable = 0;
    began = open_since = monotonic_us();
}

// ---- the request's body

enum { ORDER_ID, CID, INTENT, CURRENCY, AMOUNT, VARIABLE1, VARIABLE2, VARIABLE3, COUNTRY, FIRST_NAME, LAST_NAME };
enum { FIELDS = LAST_NAME + 1 };
static const char *names[FIELDS] = {"order_id",  "cid",       "intent",  "currency",   "amount",   "variable1",
                                    "variable2", "variable3", "country", "first_name", "last_name"};

static const char *after_string(const char *at, const char *end) {
    while (at < end && *at != '"') at += *at == '\\' ? 2 : 1;
    return at;
}

// Finds members by name at any depth, their values as they are written. False where the order is missing.
static bool read_fields(const char *at, const char *end, struct text fields[FIELDS]) {
    memset(fields, 0, sizeof(struct text) * FIELDS);
    while (at < end) {
        at = memchr(at, '"', (size_t)(end - at));
        if (!at) break;
        const char *name = at + 1, *name_end = after_string(name, end);
        at = name_end + 1;
        while (at < end && *at == ' ') at++;
        if (at >= end || *at != ':') continue;
        for (at++; at < end && *at == ' ';) at++;
        const char *value = at;
        if (at < end && *at == '"') at = after_string(at + 1, end) + 1;
        else while (at < end && *at != ',' && *at != '}' && *at != '{') at++;
        if (at > end) return false;
        for (int i = 0; i < FIELDS; i++) {
            if (strncmp(names[i], name, (size_t)(name_end - name)) || names[i][name_end - name]) continue;
            fields[i] = (struct text){value, (int)(at - value)};
        }
    }
    for (int i = 0; i < FIELDS; i++) {
        if (!fields[i].at) fields[i] = (struct text){"null", 4};
        if (fields[i].length > TEXT_MAX) return false;
    }
    return fields[ORDER_ID].at[0] == '"' && fields[CID].at[0] == '"';
}

// ---- the answer

static void sign(const char *timestamp, const char *url, const char *customer, char digits[97]) {
    unsigned char hash[48];
    EVP_DigestInit_ex2(hashing, sha384, NULL);
    EVP_DigestUpdate(hashing, "0", 1);
    EVP_DigestUpdate(hashing, timestamp, strlen(timestamp));
    EVP_DigestUpdate(hashing, url, strlen(url));
    EVP_DigestUpdate(hashing, customer, strlen(customer));
    EVP_DigestUpdate(hashing, secret, secret_length);
    EVP_DigestFinal_ex(hashing, hash, NULL);
    for (int i = 0; i < 48; i++) {
        digits[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        digits[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    digits[96] = 0;
}

static void hex(char out[33], uint64_t high, uint64_t low) {
    for (int i = 0; i < 16; i++) {
        out[i] = "0123456789abcdef"[high >> (60 - 4 * i) & 15];
        out[16 + i] = "0123456789abcdef"[low >> (60 - 4 * i) & 15];
    }
    out[32] = 0;
}

static char *put(char *at, const char *text, size_t length) { return memcpy(at, text, length), at + length; }
#define PUT(text) at = put(at, text, sizeof(text) - 1)
#define PUT_FIELD(nth) at = put(at, fields[nth].at, (size_t)fields[nth].length)

static size_t write_session(char *body, struct text fields[FIELDS], char digits[97]) {
    char token[33], customer[33], url[80], timestamp[24];
    tokens += 1;
    hex(token, mix(tokens), mix(~tokens));
    uint64_t who = hash_bytes(fields[CID].at, (size_t)fields[CID].length);
    hex(customer, who, mix(who));
    size_t url_length = (size_t)snprintf(url, sizeof url, "https://cashier.example.test/login/%s", token);
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)(wall_us() / 1000000));
    sign(timestamp, url, customer, digits);
    char *at = body;
    PUT("{\"status\":0,\"description\":\"Ok\",\"customer\":{\"customer_token\":\"");
    at = put(at, customer, 32);
    PUT("\",\"country\":"); PUT_FIELD(COUNTRY);
    PUT(",\"first_name\":"); PUT_FIELD(FIRST_NAME);
    PUT(",\"last_name\":"); PUT_FIELD(LAST_NAME);
    PUT(",\"avs_alert\":0,\"verification_alert\":0},\"session\":{\"auth_token\":\"");
    at = put(at, token, 32);
    PUT("\",\"intent\":"); PUT_FIELD(INTENT);
    PUT(",\"session_status\":\"open\",\"order_id\":"); PUT_FIELD(ORDER_ID);
    PUT(",\"currency\":"); PUT_FIELD(CURRENCY);
    PUT(",\"amount\":"); PUT_FIELD(AMOUNT);
    PUT(",\"conversion_rate\":null,\"processed_currency\":null,\"processed_amount\":null,\"payment_method\":null,"
        "\"gateway\":null,\"cid\":"); PUT_FIELD(CID);
    PUT(",\"variable1\":"); PUT_FIELD(VARIABLE1);
    PUT(",\"variable2\":"); PUT_FIELD(VARIABLE2);
    PUT(",\"variable3\":"); PUT_FIELD(VARIABLE3);
    PUT("},\"version\":\"1.3\",\"timestamp\":");
    at = put(at, timestamp, strlen(timestamp));
    PUT(",\"redirect_url\":\"");
    for (size_t i = 0; i < url_length; i++) {
        if (url[i] == '/') *at++ = '\\';
        *at++ = url[i];
    }
    PUT("\"}");
    return (size_t)(at - body);
}

static void answer(struct connection *of, const char *type, const char *signature, const char *body, size_t length) {
    const char *name = signature ? "Gt-Authentication: " : "", *end = signature ? "\r\n" : "";
    of->out_used = snprintf(of->out, HEAD_ROOM,
                            "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s%s%sContent-Length: %zu\r\n\r\n", type, name,
                            signature ? signature : "", end, length);
    memcpy(of->out + of->out_used, body, length);
    of->out_used += (int)length;
    of->out_sent = 0;
}

static void answer_opening(struct connection *of, const char *body, const char *end) {
    static const char refusal[] = "{\"status\":400,\"description\":\"Input validation failed\"}";
    static char made[ROOM - HEAD_ROOM];
    struct text fields[FIELDS];
    char digits[97];
    requests += 1;
    if (!read_fields(body, end, fields)) {
        unreadable += 1;
        return answer(of, "application/json; charset=utf-8", NULL, refusal, sizeof refusal - 1);
    }
    size_t length = write_session(made, fields, digits);
    answer(of, "application/json; charset=utf-8", digits, made, length);
}

static void answer_control(struct connection *of, const char *path) {
    static char text[ROOM - HEAD_ROOM];
    if (strncmp(path, "/reset", 6) == 0) reset_statistics();
    if (strncmp(path, "/delay?", 7) == 0) delay_us = atoll(path + 7) * 1000;
    count_open(0);
    int64_t sum = 0;
    for (int i = 0; i <= OPEN_MAX_COUNTED; i++) sum += open_time[i] * i;
    int length = snprintf(text, sizeof text,
                          "{\"requests\": %lld, \"unreadable\": %lld, \"open\": %lld, \"open_time_us\": %lld, "
                          "\"elapsed_us\": %lld, \"time_by_open_in_tens_us\": [",
                          (long long)requests, (long long)unreadable, (long long)open_now, (long long)sum,
                          (long long)(monotonic_us() - began));
    int last = OPEN_MAX_COUNTED;
    while (last > 0 && open_time[last] == 0) last--;
    for (int tens = 0; tens <= last / 10 && length < (int)sizeof text - 64; tens++) {
        int64_t time = 0;
        for (int i = tens * 10; i < tens * 10 + 10 && i <= last; i++) time += open_time[i];
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%lld", tens ? ", " : "", (long long)time);
    }
    length += snprintf(text + length, sizeof text - (size_t)length, "]}\n");
    answer(of, "application/json", NULL, text, (size_t)length);
}

// ---- connections

static void drop(struct connection *of) {
    close(of->socket);
    free(of);
}

static void want(struct connection *of, uint32_t events) {
    epoll_ctl(poller, EPOLL_CTL_MOD, of->socket, &(struct epoll_event){.events = events, .data.ptr = of});
}

// Sends what is to be sent. False when the connection is gone.
static bool flush_out(struct connection *of) {
    while (of->out_sent < of->out_used) {
        ssize_t sent = send(of->socket, of->out + of->out_sent, (size_t)(of->out_used - of->out_sent), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return want(of, EPOLLOUT), true;
        if (sent < 0) return drop(of), false;
        of->out_sent += (int)sent;
    }
    of->out_used = of->out_sent = 0;
    return true;
}

static const char *header(const char *head, const char *end, const char *name) {
    size_t length = strlen(name);
    for (const char *line = head; line && line + length < end; line = memchr(line, '\n', (size_t)(end - line))) {
        if (*line == '\n') line++;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') return line + length + 1;
    }
    return NULL;
}

// Answers the first request that is whole. False when there is none, it must wait, or the connection is gone.
static bool take_request(struct connection *of) {
    char *head_end = memmem(of->in, (size_t)of->used, "\r\n\r\n", 4);
    if (!head_end) {
        if (of->used == ROOM) drop(of);
        return false;
    }
    const char *length_text = header(of->in, head_end, "content-length");
    int body = length_text ? atoi(length_text) : 0, whole = (int)(head_end + 4 - of->in) + body;
    if (body < 0 || whole > ROOM) return drop(of), false;
    if (of->used < whole) return false;
    bool is_opening = strncmp(of->in, "POST ", 5) == 0;
    if (is_opening) answer_opening(of, head_end + 4, of->in + whole);
    else answer_control(of, of->in + 4);
    of->used -= whole;
    memmove(of->in, of->in + whole, (size_t)of->used);
    if (!is_opening || delay_us == 0) return flush_out(of);
    // All delays are equal, so that the order of arrival is the order of departure.
    count_open(1);
    of->waits = true;
    of->due = monotonic_us() + delay_us;
    of->next_due = NULL;
    if (last_due) last_due->next_due = of;
    else first_due = of;
    last_due = of;
    return false;
}

static void take_requests(struct connection *of) {
    while (of->used > 0 && of->out_used == 0 && take_request(of)) continue;
}

static void serve(struct connection *of) {
    // A client that leaves before its answer is due is noticed when the answer is sent.
    if (of->waits) return;
    ssize_t got = recv(of->socket, of->in + of->used, (size_t)(ROOM - of->used), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return drop(of);
    of->used += (int)got;
    take_requests(of);
}

static void send_due(void) {
    int64_t now = monotonic_us();
    while (first_due && first_due->due <= now) {
        struct connection *of = first_due;
        first_due = of->next_due;
        if (!first_due) last_due = NULL;
        of->waits = false;
        count_open(-1);
        if (flush_out(of)) take_requests(of);
    }
}

static void accept_all(void) {
    int socket;
    while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *of = malloc(sizeof *of);
        if (!of) die("no memory");
        memset(of, 0, offsetof(struct connection, in));
        of->socket = socket;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        epoll_ctl(poller, EPOLL_CTL_ADD, socket, &(struct epoll_event){.events = EPOLLIN, .data.ptr = of});
    }
}

static void listen_on(int port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(0x7f000001),
    };
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) die("stub: %s", strerror(errno));
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
}

int main(int count, char **arguments) {
    FILE *file = fopen(need(count, arguments, "secret-file"), "r");
    if (!file) die("stub: the secret file: %s", strerror(errno));
    secret_length = fread(secret, 1, sizeof secret, file);
    if (secret_length && secret[secret_length - 1] == '\n') secret_length--;
    fclose(file);
    delay_us = number(count, arguments, "delay-ms", 0) * 1000;
    tokens = (uint64_t)wall_us();
    sha384 = EVP_MD_fetch(NULL, "SHA384", NULL);
    hashing = EVP_MD_CTX_new();
    poller = epoll_create1(EPOLL_CLOEXEC);
    listen_on((int)number(count, arguments, "port", 0));
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL});
    reset_statistics();
    struct epoll_event events[256];
    while (true) {
        int64_t rest = first_due ? first_due->due - monotonic_us() : 0;
        if (rest < 0) rest = 0;
        struct timespec wait = {rest / 1000000, rest % 1000000 * 1000};
        int ready = epoll_pwait2(poller, events, 256, first_due ? &wait : NULL, NULL);
        for (int i = 0; i < ready; i++) {
            struct connection *of = events[i].data.ptr;
            if (!of) accept_all();
            else if (events[i].events & EPOLLOUT) {
                want(of, EPOLLIN);
                if (flush_out(of)) take_requests(of);
            } else serve(of);
        }
        if (first_due) send_due();
    }
}
