// Makes, deletes and watches topics.
//
//   topics --bootstrap B --create NAME --partitions N [--append-time yes]
//   topics --bootstrap B --delete NAME
//   topics --bootstrap B --watch NAME    answers each line on standard input with the number of records in the topic
#include "kafka.h"

static void finish(rd_kafka_queue_t *queue, const char *what) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    if (!event) die("Kafka: %s: no answer", what);
    if (rd_kafka_event_error(event)) die("Kafka: %s: %s", what, rd_kafka_event_error_string(event));
    size_t count = 0;
    const rd_kafka_topic_result_t **results = NULL;
    const rd_kafka_CreateTopics_result_t *created = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_DeleteTopics_result_t *deleted = rd_kafka_event_DeleteTopics_result(event);
    if (created) results = rd_kafka_CreateTopics_result_topics(created, &count);
    if (deleted) results = rd_kafka_DeleteTopics_result_topics(deleted, &count);
    for (size_t i = 0; i < count; i++) {
        if (rd_kafka_topic_result_error(results[i]))
            die("Kafka: %s: %s", what, rd_kafka_topic_result_error_string(results[i]));
    }
    rd_kafka_event_destroy(event);
}

static void create(rd_kafka_t *client, rd_kafka_queue_t *queue, const char *name, int partitions, bool append_time) {
    char why[512];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, why, sizeof why);
    if (!topic) die("Kafka: %s: %s", name, why);
    if (append_time) rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
    finish(queue, name);
    rd_kafka_NewTopic_destroy(topic);
    // Created is not yet led: it answers once each partition is.
    rd_kafka_topic_partition_list_destroy(kafka_ends(client, name));
}

static void delete(rd_kafka_t *client, rd_kafka_queue_t *queue, const char *name) {
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(client, &topic, 1, NULL, queue);
    finish(queue, name);
    rd_kafka_DeleteTopic_destroy(topic);
}

static void watch(rd_kafka_t *client, const char *name) {
    rd_kafka_topic_partition_list_t *ends = kafka_ends(client, name);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        kafka_find_ends(client, ends);
        printf("%lld\n", (long long)kafka_sum(ends));
        fflush(stdout);
    }
    rd_kafka_topic_partition_list_destroy(ends);
}

int main(int count, char **arguments) {
    rd_kafka_t *client = kafka_client(RD_KAFKA_PRODUCER, kafka_conf(need(count, arguments, "bootstrap")));
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    const char *name;
    if ((name = option(count, arguments, "create", NULL)))
        create(client, queue, name, (int)number(count, arguments, "partitions", 1),
               option(count, arguments, "append-time", NULL) != NULL);
    if ((name = option(count, arguments, "delete", NULL))) delete(client, queue, name);
    if ((name = option(count, arguments, "watch", NULL))) watch(client, name);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}
