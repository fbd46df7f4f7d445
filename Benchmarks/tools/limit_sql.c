// The same SQL alone: runs statements of sql/queries over and over, prepared, with binary parameters, on a few
// connections. A file (limit/lifecycle.txt) says which, and what each parameter holds:
//
//   statement NAME                the text is in QUERIES/NAME.sql
//   $1 TYPE SOURCE [ARGUMENT]
//   keep COLUMN…                  these columns of its first row are parameters of later statements
//   expect COLUMN VALUE           the run fails when the first row says otherwise
//
// TYPE is bool, int2, int4, int8, text, bytea, uuid or timestamptz; followed by [] it is an array with one element a
// job, by [1] an array of one. SOURCE is: same VALUE · order (an order id) · number (a running number) · connection (its
// number) · stride N (1, 1 + N, 1 + 2 N, …) · bytes N (N different ones a job, all in one) · uuid · now (plus ARGUMENT
// seconds) · kept COLUMN · from COLUMN (what was kept, and one more for each job) · empty (an array without elements).
//
//   limit_sql --connection DSN --file F --queries DIR --jobs N [--batch 500] [--connections 2] [--session F]
#define _GNU_SOURCE
#include "common.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <libpq-fe.h>
#include <pthread.h>

enum { STATEMENTS = 32, PARAMETERS = 32, KEPT = 8, WORD = 32 };

enum shape { SINGLE, ARRAY_OF_ONE, ARRAY };
struct parameter { char type[WORD], source[WORD], argument[64]; enum shape shape; Oid oid; };
struct statement {
    char name[WORD], keep[KEPT][WORD], expect[WORD], expected[WORD];
    int parameters, kept;
    struct parameter parameter[PARAMETERS];
    char *sql;
};
struct buffer { char *bytes; size_t used, room; };
struct kept { char name[WORD]; int64_t value; };
struct worker { pthread_t thread; int number; int64_t jobs; };

static struct statement statements[STATEMENTS];
static int statement_count, batch;
static const char *connection_text, *session_sql;
static int64_t executed;

static const struct { const char *name; Oid element, array; int size; } types[] = {
    {"bool", 16, 1000, 1},   {"int2", 21, 1005, 2},   {"int4", 23, 1007, 4},    {"int8", 20, 1016, 8},
    {"text", 25, 1009, -1},  {"bytea", 17, 1001, -1}, {"uuid", 2950, 2951, 16}, {"timestamptz", 1184, 1185, 8},
};

static int type_of(const char *name) {
    for (int i = 0; i < (int)(sizeof types / sizeof *types); i++)
        if (strcmp(types[i].name, name) == 0) return i;
    die("limit_sql: there is no type %s here", name);
}

// ---- the file

static char *slurp(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) die("%s: %s", path, strerror(errno));
    char *text = calloc(1, 1 << 20);
    if (!text || fread(text, 1, (1 << 20) - 1, file) == (1 << 20) - 1) die("%s: too large", path);
    fclose(file);
    return text;
}

static void read_parameter(struct statement *of, const char *line) {
    int nth = 0;
    char type[WORD] = "", source[WORD] = "", argument[64] = "";
    if (sscanf(line, "$%d %31s %31s %63s", &nth, type, source, argument) < 3 || nth != of->parameters + 1)
        die("limit_sql: %s: cannot read: %s", of->name, line);
    if (of->parameters == PARAMETERS) die("limit_sql: %s: too many parameters", of->name);
    struct parameter *made = &of->parameter[of->parameters++];
    char *bracket = strchr(type, '[');
    made->shape = !bracket ? SINGLE : strcmp(bracket, "[1]") == 0 ? ARRAY_OF_ONE : ARRAY;
    if (bracket) *bracket = 0;
    strcpy(made->type, type);
    strcpy(made->source, source);
    strcpy(made->argument, argument);
    int found = type_of(type);
    made->oid = made->shape == SINGLE ? types[found].element : types[found].array;
}

static void read_statements(const char *path, const char *queries) {
    char *text = slurp(path), file[4096];
    struct statement *of = NULL;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[0] == '#') continue;
        if (strncmp(line, "statement ", 10) == 0) {
            if (statement_count == STATEMENTS) die("%s: too many statements", path);
            of = &statements[statement_count++];
            sscanf(line, "statement %31s", of->name);
            snprintf(file, sizeof file, "%s/%s.sql", queries, of->name);
            of->sql = slurp(file);
        } else if (of && line[0] == '$') {
            read_parameter(of, line);
        } else if (of && strncmp(line, "keep ", 5) == 0) {
            char *rest = line + 5;
            int used;
            while (of->kept < KEPT && sscanf(rest, "%31s%n", of->keep[of->kept], &used) == 1) rest += used, of->kept++;
        } else if (!of || sscanf(line, "expect %31s %31s", of->expect, of->expected) != 2) {
            die("%s: cannot read: %s", path, line);
        }
    }
    if (!statement_count) die("%s: no statements", path);
}

// ---- parameters

static void add(struct buffer *to, const void *bytes, size_t count) {
    if (to->used + count > to->room) {
        to->room = (to->used + count) * 2;
        to->bytes = realloc(to->bytes, to->room);
        if (!to->bytes) die("no memory");
    }
    memcpy(to->bytes + to->used, bytes, count);
    to->used += count;
}

static void add_int4(struct buffer *to, int32_t value) {
    uint32_t wire = htonl((uint32_t)value);
    add(to, &wire, 4);
}

static int64_t postgres_now(void) { return wall_us() - 946684800000000ll; }

// What is the same for every parameter of an execution.
struct moment { int64_t first; int connection; const struct kept *kept; };

static int64_t kept_value(const struct moment *at, const char *name) {
    for (int i = 0; i < KEPT; i++)
        if (strcmp(at->kept[i].name, name) == 0) return at->kept[i].value;
    die("limit_sql: nothing was kept as %s", name);
}

static int64_t integer_of(const struct parameter *of, const struct moment *at, int row) {
    const char *source = of->source;
    if (strcmp(source, "same") == 0) return atoll(of->argument);
    if (strcmp(source, "number") == 0) return at->first + row;
    if (strcmp(source, "connection") == 0) return at->connection;
    if (strcmp(source, "stride") == 0) return 1 + row * atoll(of->argument);
    if (strcmp(source, "now") == 0) return postgres_now() + atoll(of->argument) * 1000000;
    if (strcmp(source, "kept") == 0) return kept_value(at, of->argument);
    if (strcmp(source, "from") == 0) return kept_value(at, of->argument) + row;
    die("limit_sql: nothing to fill a parameter with: %s %s", source, of->argument);
}

static void add_random(struct buffer *to, uint64_t seed, int length) {
    uint64_t state = mix(seed);
    add_int4(to, length);
    for (int at = 0; at < length; at += 8) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        add(to, &state, (size_t)(length - at < 8 ? length - at : 8));
    }
}

static void add_value(struct buffer *to, const struct parameter *of, const struct moment *at, int row) {
    int size = types[type_of(of->type)].size;
    uint64_t nth = (uint64_t)(at->first + row);
    char text[64];
    if (size == 16) {
        add_random(to, nth | 1ull << 60, 16);
    } else if (strcmp(of->source, "bytes") == 0) {
        add_random(to, nth, atoi(of->argument) * (of->shape == ARRAY ? 1 : batch));
    } else if (size == -1) {
        int length = strcmp(of->source, "order") == 0
            ? snprintf(text, sizeof text, "campaign-2026-%012llu", (unsigned long long)nth)
            : snprintf(text, sizeof text, "%s", of->argument);
        add_int4(to, length);
        add(to, text, (size_t)length);
    } else {
        uint64_t wire = htobe64((uint64_t)integer_of(of, at, row) << (64 - 8 * size));
        add_int4(to, size);
        add(to, &wire, (size_t)size);
    }
}

static void fill(struct buffer *to, const struct parameter *of, const struct moment *at) {
    to->used = 0;
    if (of->shape == SINGLE) {
        add_value(to, of, at, 0);
        return;
    }
    int count = strcmp(of->source, "empty") == 0 ? 0 : of->shape == ARRAY_OF_ONE ? 1 : batch;
    int32_t head[] = {count > 0, 0, (int32_t)types[type_of(of->type)].element, count, 1};
    for (int i = 0; i < (count ? 5 : 3); i++) add_int4(to, head[i]);
    for (int row = 0; row < count; row++) add_value(to, of, at, row);
}

// ---- running

static const char *first_value(const struct statement *of, const PGresult *result, const char *name) {
    int column = PQfnumber(result, name);
    if (column < 0) die("limit_sql: %s returns no column %s", of->name, name);
    if (PQntuples(result) == 0 || PQgetisnull(result, 0, column)) die("limit_sql: %s: no %s", of->name, name);
    return PQgetvalue(result, 0, column);
}

static void keep_columns(const struct statement *of, const PGresult *result, struct kept *kept) {
    for (int i = 0; i < of->kept; i++) {
        int slot = 0;
        while (slot < KEPT && kept[slot].name[0] && strcmp(kept[slot].name, of->keep[i]) != 0) slot++;
        if (slot == KEPT) die("limit_sql: too much is kept");
        strcpy(kept[slot].name, of->keep[i]);
        kept[slot].value = atoll(first_value(of, result, of->keep[i]));
    }
    if (!of->expect[0]) return;
    const char *found = first_value(of, result, of->expect);
    if (strcmp(found, of->expected) != 0)
        die("limit_sql: %s: %s is %s, expected %s", of->name, of->expect, found, of->expected);
}

static void execute(PGconn *connection, const struct statement *of, const struct moment *at, struct buffer *buffers,
                    struct kept *kept) {
    const char *values[PARAMETERS];
    int lengths[PARAMETERS], formats[PARAMETERS];
    for (int i = 0; i < of->parameters; i++) {
        fill(&buffers[i], &of->parameter[i], at);
        // A single value has no length word of its own on the wire.
        int skip = of->parameter[i].shape == SINGLE ? 4 : 0;
        values[i] = buffers[i].bytes + skip;
        lengths[i] = (int)buffers[i].used - skip;
        formats[i] = 1;
    }
    PGresult *result = PQexecPrepared(connection, of->name, of->parameters, values, lengths, formats, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        die("limit_sql: %s: %s", of->name, PQresultErrorMessage(result));
    keep_columns(of, result, kept);
    PQclear(result);
    __atomic_add_fetch(&executed, 1, __ATOMIC_RELAXED);
}

static void *work(void *of) {
    struct worker *worker = of;
    PGconn *connection = PQconnectdb(connection_text);
    if (PQstatus(connection) != CONNECTION_OK) die("limit_sql: %s", PQerrorMessage(connection));
    if (session_sql) PQclear(PQexec(connection, session_sql));
    for (int i = 0; i < statement_count; i++) {
        Oid oids[PARAMETERS];
        for (int p = 0; p < statements[i].parameters; p++) oids[p] = statements[i].parameter[p].oid;
        PGresult *result = PQprepare(connection, statements[i].name, statements[i].sql, statements[i].parameters, oids);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            die("limit_sql: %s: %s", statements[i].name, PQresultErrorMessage(result));
        PQclear(result);
    }
    struct buffer buffers[PARAMETERS] = {0};
    struct kept kept[KEPT] = {0};
    for (int64_t done = 0; done < worker->jobs; done += batch) {
        struct moment at = {((int64_t)worker->number << 32) + done, worker->number, kept};
        for (int i = 0; i < statement_count; i++) execute(connection, &statements[i], &at, buffers, kept);
    }
    PQfinish(connection);
    return NULL;
}

int main(int count, char **arguments) {
    struct worker workers[16];
    int connections = (int)number(count, arguments, "connections", 2);
    int64_t jobs = number(count, arguments, "jobs", 100000);
    batch = (int)number(count, arguments, "batch", 500);
    connection_text = need(count, arguments, "connection");
    const char *session = option(count, arguments, "session", NULL);
    if (session) session_sql = slurp(session);
    read_statements(need(count, arguments, "file"), need(count, arguments, "queries"));
    if (connections < 1 || connections > 16) die("limit_sql: --connections: 1 to 16");
    int64_t each = jobs / connections / batch * batch, began = monotonic_us(), cpu = cpu_us();
    for (int i = 0; i < connections; i++) {
        workers[i] = (struct worker){.number = i + 1, .jobs = each};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (int i = 0; i < connections; i++) pthread_join(workers[i].thread, NULL);
    printf("{\"operations\": %lld, \"seconds\": %.3f, \"client_cpu_us\": %lld, \"statements\": %lld}\n",
           (long long)(each * connections), (double)(monotonic_us() - began) / 1e6, (long long)(cpu_us() - cpu),
           (long long)executed);
}
