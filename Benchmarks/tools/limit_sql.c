// The same SQL alone: runs the statements of a file over and over, prepared, with binary array parameters, on a few
// connections. The file (limit/lifecycle.sql) says what each parameter holds:
//
//   -- statement NAME
//   -- $1 TYPE SOURCE [ARGUMENT]
//   -- keep COLUMN…               these columns of what it returns are parameters of later statements
//   the SQL, to the next "-- statement" or the end of the file
//
// TYPE is int2, int4, int8, text, bytea, uuid or timestamptz, followed by [] for an array with one element a job.
// SOURCE is: same VALUE · order (an order id) · number (a running number) · bytes N (different ones each time) · uuid ·
// now (plus ARGUMENT seconds) · infinity · kept COLUMN.
//
//   limit_sql --connection DSN --file F --jobs N [--batch 500] [--connections 2] [--session F]
#define _GNU_SOURCE
#include "common.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <libpq-fe.h>
#include <pthread.h>

enum { STATEMENTS = 32, PARAMETERS = 32, KEPT = 8, WORD = 32 };

struct parameter { char type[WORD], source[WORD], argument[64]; bool is_array; Oid oid; };
struct statement {
    char name[WORD], keep[KEPT][WORD];
    int parameters, kept;
    struct parameter parameter[PARAMETERS];
    char *sql;
};
struct buffer { char *bytes; size_t used, room; };
struct kept { char name[WORD]; int64_t *values; int count; };
struct worker { pthread_t thread; int number; int64_t jobs; };

static struct statement statements[STATEMENTS];
static int statement_count, batch;
static const char *connection_text, *session_sql;
static int64_t executed;

static const struct { const char *name; Oid element, array; int size; } types[] = {
    {"int2", 21, 1005, 2},   {"int4", 23, 1007, 4},  {"int8", 20, 1016, 8},         {"text", 25, 1009, -1},
    {"bytea", 17, 1001, -1}, {"uuid", 2950, 2951, 16}, {"timestamptz", 1184, 1185, 8},
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
    if (sscanf(line, "-- $%d %31s %31s %63s", &nth, type, source, argument) < 3 || nth != of->parameters + 1)
        die("limit_sql: %s: cannot read: %s", of->name, line);
    struct parameter *made = &of->parameter[of->parameters++];
    size_t length = strlen(type);
    made->is_array = length > 2 && strcmp(type + length - 2, "[]") == 0;
    if (made->is_array) type[length - 2] = 0;
    strcpy(made->type, type);
    strcpy(made->source, source);
    strcpy(made->argument, argument);
    int found = type_of(type);
    made->oid = made->is_array ? types[found].array : types[found].element;
}

static void read_statements(const char *path) {
    char *text = slurp(path);
    struct statement *of = NULL;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "-- statement ", 13) == 0) {
            of = &statements[statement_count++];
            sscanf(line, "-- statement %31s", of->name);
            of->sql = calloc(1, 65536);
        } else if (!of) {
            continue;
        } else if (strncmp(line, "-- $", 4) == 0) {
            read_parameter(of, line);
        } else if (strncmp(line, "-- keep ", 8) == 0) {
            char *rest = line + 8;
            int used;
            while (of->kept < KEPT && sscanf(rest, "%31s%n", of->keep[of->kept], &used) == 1) rest += used, of->kept++;
        } else if (strncmp(line, "--", 2) != 0) {
            strcat(strcat(of->sql, line), "\n");
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

static int64_t integer_of(const struct parameter *of, int64_t nth, const struct kept *kept, int row) {
    if (strcmp(of->source, "number") == 0) return nth;
    if (strcmp(of->source, "now") == 0) return postgres_now() + atoll(of->argument) * 1000000;
    if (strcmp(of->source, "infinity") == 0) return of->argument[0] == '-' ? INT64_MIN : INT64_MAX;
    if (strcmp(of->source, "same") == 0) return atoll(of->argument);
    for (int i = 0; strcmp(of->source, "kept") == 0 && i < KEPT; i++)
        if (strcmp(kept[i].name, of->argument) == 0 && row < kept[i].count) return kept[i].values[row];
    die("limit_sql: nothing to fill a parameter with: %s %s", of->source, of->argument);
}

static void add_value(struct buffer *to, const struct parameter *of, int64_t nth, const struct kept *kept, int row) {
    int size = types[type_of(of->type)].size;
    char text[64];
    if (size == 16 || strcmp(of->source, "bytes") == 0) {
        int length = size == 16 ? 16 : atoi(of->argument);
        add_int4(to, length);
        for (int at = 0; at < length; at += 8) {
            uint64_t random = mix((uint64_t)nth * 1024 + (uint64_t)at + (size == 16 ? 1ull << 60 : 0));
            add(to, &random, (size_t)(length - at < 8 ? length - at : 8));
        }
    } else if (size == -1) {
        int length = strcmp(of->source, "order") == 0
            ? snprintf(text, sizeof text, "campaign-2026-%09lld", (long long)nth)
            : snprintf(text, sizeof text, "%s", of->argument);
        add_int4(to, length);
        add(to, text, (size_t)length);
    } else {
        int64_t value = integer_of(of, nth, kept, row);
        uint64_t wire = htobe64((uint64_t)value << (64 - 8 * size));
        add_int4(to, size);
        add(to, &wire, (size_t)size);
    }
}

static void fill(struct buffer *to, const struct parameter *of, int64_t first, int count, const struct kept *kept) {
    to->used = 0;
    if (!of->is_array) {
        add_value(to, of, first, kept, 0);
        return;
    }
    int32_t head[] = {1, 0, (int32_t)types[type_of(of->type)].element, count, 1};
    for (int i = 0; i < 5; i++) add_int4(to, head[i]);
    for (int row = 0; row < count; row++) add_value(to, of, first + row, kept, row);
}

// ---- running

static void keep_columns(const struct statement *of, PGresult *result, struct kept *kept) {
    for (int i = 0; i < of->kept; i++) {
        int slot = 0, column = PQfnumber(result, of->keep[i]);
        while (kept[slot].name[0] && strcmp(kept[slot].name, of->keep[i]) != 0) slot++;
        if (column < 0 || slot == KEPT) die("limit_sql: %s returns no column %s", of->name, of->keep[i]);
        strcpy(kept[slot].name, of->keep[i]);
        if (!kept[slot].values) kept[slot].values = calloc((size_t)batch, sizeof(int64_t));
        kept[slot].count = 0;
        // A row without this column's value is another kind of row.
        for (int row = 0; row < PQntuples(result) && kept[slot].count < batch; row++) {
            if (PQgetisnull(result, row, column)) continue;
            kept[slot].values[kept[slot].count++] = atoll(PQgetvalue(result, row, column));
        }
        if (kept[slot].count != batch) die("limit_sql: %s kept %d of %d rows", of->name, kept[slot].count, batch);
    }
}

static void execute(PGconn *connection, const struct statement *of, int64_t first, struct buffer *buffers,
                    struct kept *kept) {
    const char *values[PARAMETERS];
    int lengths[PARAMETERS], formats[PARAMETERS];
    for (int i = 0; i < of->parameters; i++) {
        fill(&buffers[i], &of->parameter[i], first, batch, kept);
        // A single value has no length word of its own on the wire.
        int skip = of->parameter[i].is_array ? 0 : 4;
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
        int64_t first = ((int64_t)worker->number << 32) + done;
        for (int i = 0; i < statement_count; i++) execute(connection, &statements[i], first, buffers, kept);
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
    read_statements(need(count, arguments, "file"));
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
