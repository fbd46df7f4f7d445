// Reads the whole results topic, as a CRM would, and says what is on it.
//
//   readback --bootstrap B --results T [--jobs T --times FILE]
//
// Prints a line of JSON. With --jobs, FILE gets two 64-bit numbers for each result: when its job was due and when its
// result was on the topic, in milliseconds since 1970, from the timestamps of the two records.
#include "kafka.h"

struct seen { uint64_t high, low; };
struct born { uint64_t order; int64_t at; };

static struct seen *ids;
static struct born *results;  // order and time of each result
static struct born *jobs;     // an open hash table, order → time
static size_t job_slots, result_count, result_capacity;
static int64_t bytes;
static struct { char name[24]; int64_t count; } outcomes[16];

static void grow(void) {
    if (result_count < result_capacity) return;
    result_capacity = result_capacity ? result_capacity * 2 : 1 << 16;
    ids = realloc(ids, result_capacity * sizeof *ids);
    results = realloc(results, result_capacity * sizeof *results);
    if (!ids || !results) die("no memory");
}

// A value's bytes after `"name":"`, up to the next quote; used where a record has no such header.
static size_t member(const rd_kafka_message_t *message, const char *name, const char **found) {
    char pattern[40];
    int length = snprintf(pattern, sizeof pattern, "\"%s\":\"", name);
    const char *at = memmem(message->payload, message->len, pattern, (size_t)length);
    if (!at) return 0;
    *found = at + length;
    const char *end = memchr(*found, '"', message->len - (size_t)(*found - (const char *)message->payload));
    return end ? (size_t)(end - *found) : 0;
}

static size_t field(const rd_kafka_message_t *message, const char *name, const char **found) {
    rd_kafka_headers_t *headers;
    size_t length;
    if (!rd_kafka_message_headers(message, &headers) &&
        !rd_kafka_header_get_last(headers, name, (const void **)found, &length))
        return length;
    return member(message, name, found);
}

static void count_outcome(const char *name, size_t length) {
    if (length == 0 || length >= sizeof outcomes[0].name) name = "unreadable", length = 10;
    for (size_t i = 0; i < 16; i++) {
        if (outcomes[i].count == 0) memcpy(outcomes[i].name, name, length);
        if (strlen(outcomes[i].name) != length || memcmp(outcomes[i].name, name, length) != 0) continue;
        outcomes[i].count += 1;
        return;
    }
}

static void take_result(const rd_kafka_message_t *message) {
    grow();
    const char *text = NULL;
    size_t length = field(message, "result_id", &text);
    uint64_t hash = hash_bytes(text, length);
    ids[result_count] = (struct seen){hash, hash_bytes(text, length / 2)};
    results[result_count] = (struct born){
        hash_bytes(message->key, message->key_len), rd_kafka_message_timestamp(message, NULL)};
    result_count += 1;
    bytes += (int64_t)message->len;
    count_outcome(text, field(message, "outcome", &text));
}

static void take_job(const rd_kafka_message_t *message) {
    uint64_t order = hash_bytes(message->key, message->key_len);
    size_t slot = order & (job_slots - 1);
    while (jobs[slot].at && jobs[slot].order != order) slot = (slot + 1) & (job_slots - 1);
    if (!jobs[slot].at) jobs[slot] = (struct born){order, rd_kafka_message_timestamp(message, NULL)};
}

static int64_t born_at(uint64_t order) {
    size_t slot = order & (job_slots - 1);
    while (jobs[slot].at && jobs[slot].order != order) slot = (slot + 1) & (job_slots - 1);
    return jobs[slot].at;
}

// Calls `take` for every record that is in the topic now.
static int64_t read_all(rd_kafka_t *client, const char *topic, void (*take)(const rd_kafka_message_t *)) {
    rd_kafka_topic_partition_list_t *ends = kafka_ends(client, topic);
    rd_kafka_topic_partition_list_t *begin = kafka_partitions(client, topic, 0);
    if (take == take_job) {
        for (job_slots = 1024; job_slots < (size_t)kafka_sum(ends) * 2;) job_slots *= 2;
        jobs = calloc(job_slots, sizeof *jobs);
        if (!jobs) die("no memory");
    }
    rd_kafka_assign(client, begin);
    int64_t rest = kafka_sum(ends), total = rest, deadline = monotonic_us() + 120000000;
    while (rest > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);
        if (monotonic_us() > deadline) die("Kafka: %lld records of %s were not read", (long long)rest, topic);
        if (!message) continue;
        if (message->err) die("Kafka: %s: %s", topic, rd_kafka_message_errstr(message));
        if (message->offset < ends->elems[message->partition].offset) {
            take(message);
            rest -= 1;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_assign(client, NULL);
    rd_kafka_topic_partition_list_destroy(begin);
    rd_kafka_topic_partition_list_destroy(ends);
    return total;
}

static int by_id(const void *one, const void *other) {
    return memcmp(one, other, sizeof(struct seen));
}

static void write_times(const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file) die("%s: %s", path, strerror(errno));
    for (size_t i = 0; i < result_count; i++) {
        int64_t pair[2] = {born_at(results[i].order), results[i].at};
        if (pair[0]) fwrite(pair, sizeof pair, 1, file);
    }
    if (fclose(file)) die("%s: %s", path, strerror(errno));
}

int main(int count, char **arguments) {
    rd_kafka_conf_t *conf = kafka_conf(need(count, arguments, "bootstrap"));
    kafka_set(conf, "group.id", "readback");
    kafka_set(conf, "enable.auto.commit", "false");
    kafka_set(conf, "check.crcs", "false");
    rd_kafka_t *client = kafka_client(RD_KAFKA_CONSUMER, conf);
    int64_t records = read_all(client, need(count, arguments, "results"), take_result);
    int64_t first = INT64_MAX, last = 0;
    for (size_t i = 0; i < result_count; i++) {
        if (results[i].at < first) first = results[i].at;
        if (results[i].at > last) last = results[i].at;
    }
    const char *topic = option(count, arguments, "jobs", NULL);
    if (topic) {
        read_all(client, topic, take_job);
        write_times(need(count, arguments, "times"));
    }
    size_t distinct = 0;
    if (result_count) qsort(ids, result_count, sizeof *ids, by_id);
    for (size_t i = 0; i < result_count; i++) distinct += i == 0 || by_id(&ids[i - 1], &ids[i]) != 0;
    printf("{\"records\": %lld, \"distinct_result_ids\": %zu, \"first_ms\": %lld, \"last_ms\": %lld, "
           "\"bytes_per_result\": %.1f, \"outcomes\": {", (long long)records, distinct,
           (long long)(records ? first : 0), (long long)last, records ? (double)bytes / (double)records : 0.0);
    for (size_t i = 0; i < 16 && outcomes[i].count; i++)
        printf("%s\"%s\": %lld", i ? ", " : "", outcomes[i].name, (long long)outcomes[i].count);
    printf("}}\n");
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
}
