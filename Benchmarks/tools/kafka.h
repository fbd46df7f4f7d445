// librdkafka, as the benchmark's programs use it.
#pragma once
#include "common.h"
#include <librdkafka/rdkafka.h>

static inline void kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[512];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) die("Kafka: %s", why);
}

static inline rd_kafka_t *kafka_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char why[512];
    rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof why);
    if (!client) die("Kafka: %s", why);
    return client;
}

static inline rd_kafka_conf_t *kafka_conf(const char *bootstrap) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_set(conf, "bootstrap.servers", bootstrap);
    kafka_set(conf, "log_level", "3");
    return conf;
}

// All partitions of a topic, each at `offset`.
static inline rd_kafka_topic_partition_list_t *kafka_partitions(rd_kafka_t *client, const char *topic, int64_t offset) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    const struct rd_kafka_metadata *metadata;
    // A topic that has just been made may not be known at once.
    for (int64_t deadline = monotonic_us() + 20000000;;) {
        rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle, &metadata, 10000);
        if (error) die("Kafka: metadata of %s: %s", topic, rd_kafka_err2str(error));
        error = metadata->topics[0].err;
        if (!error && metadata->topics[0].partition_cnt > 0) break;
        rd_kafka_metadata_destroy(metadata);
        if (monotonic_us() > deadline) die("Kafka: topic %s: %s", topic, rd_kafka_err2str(error));
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) rd_kafka_topic_partition_list_add(list, topic, i)->offset = offset;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return list;
}

// Asks for the end of each partition in the list, by one request to the broker.
static inline void kafka_find_ends(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list) {
    // A new topic's partitions are named before they are led.
    for (int64_t deadline = monotonic_us() + 20000000;;) {
        for (int i = 0; i < list->cnt; i++) list->elems[i].offset = RD_KAFKA_OFFSET_END;
        rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client, list, 10000);
        for (int i = 0; !error && i < list->cnt; i++) error = list->elems[i].err;
        if (!error) return;
        if (monotonic_us() > deadline) die("Kafka: ends of %s: %s", list->elems[0].topic, rd_kafka_err2str(error));
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
}

static inline rd_kafka_topic_partition_list_t *kafka_ends(rd_kafka_t *client, const char *topic) {
    rd_kafka_topic_partition_list_t *list = kafka_partitions(client, topic, RD_KAFKA_OFFSET_END);
    kafka_find_ends(client, list);
    return list;
}

static inline int64_t kafka_sum(const rd_kafka_topic_partition_list_t *list) {
    int64_t sum = 0;
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].offset > 0) sum += list->elems[i].offset;
    }
    return sum;
}
