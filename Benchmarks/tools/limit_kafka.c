// The same records alone: takes every job from one topic and puts a result of the usual size on another.
//
//   limit_kafka --bootstrap B --jobs T --results T [--result-bytes 650] [--linger-ms 5]
//
// Prints a line of JSON when the last result is acknowledged.
#include "kafka.h"

static int64_t acknowledged;

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    if (message->err) die("Kafka: a result was not taken: %s", rd_kafka_err2str(message->err));
    acknowledged += 1;
}

static void answer(rd_kafka_t *producer, const char *topic, const rd_kafka_message_t *job, char *value, size_t length) {
    char id[37];
    snprintf(id, sizeof id, "%08x-0000-8000-8000-%012llx", (unsigned)job->partition, (unsigned long long)job->offset);
    while (true) {
        rd_kafka_resp_err_t error = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(job->key, job->key_len), RD_KAFKA_V_VALUE(value, length),
            RD_KAFKA_V_HEADER("result_id", id, 36), RD_KAFKA_V_HEADER("generation", "1", 1),
            RD_KAFKA_V_HEADER("outcome", "opened", 6), RD_KAFKA_V_HEADER("schema", "usher.session.result.v1", 23),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (!error) return;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("Kafka: %s", rd_kafka_err2str(error));
        rd_kafka_poll(producer, 10);
    }
}

int main(int count, char **arguments) {
    const char *bootstrap = need(count, arguments, "bootstrap"), *jobs = need(count, arguments, "jobs");
    const char *results = need(count, arguments, "results");
    size_t length = (size_t)number(count, arguments, "result-bytes", 650);
    char *value = malloc(length);
    if (!value) die("no memory");
    for (size_t i = 0; i < length; i++) value[i] = (char)('!' + mix(i) % 90);
    rd_kafka_conf_t *conf = kafka_conf(bootstrap);
    kafka_set(conf, "group.id", "limit");
    kafka_set(conf, "enable.auto.commit", "false");
    rd_kafka_t *consumer = kafka_client(RD_KAFKA_CONSUMER, conf);
    conf = kafka_conf(bootstrap);
    kafka_set(conf, "enable.idempotence", "true");
    kafka_set(conf, "linger.ms", option(count, arguments, "linger-ms", "5"));
    kafka_set(conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = kafka_client(RD_KAFKA_PRODUCER, conf);
    rd_kafka_topic_partition_list_destroy(kafka_partitions(producer, results, 0));
    rd_kafka_topic_partition_list_t *ends = kafka_ends(consumer, jobs), *begin = kafka_partitions(consumer, jobs, 0);
    int64_t wanted = kafka_sum(ends), taken = 0, began = monotonic_us(), cpu = cpu_us();
    rd_kafka_assign(consumer, begin);
    while (taken < wanted) {
        rd_kafka_message_t *job = rd_kafka_consumer_poll(consumer, 100);
        if (!job) continue;
        if (job->err) die("Kafka: %s", rd_kafka_message_errstr(job));
        answer(producer, results, job, value, length);
        taken += 1;
        rd_kafka_message_destroy(job);
        if (taken % 64 == 0) rd_kafka_poll(producer, 0);
    }
    while (acknowledged < wanted) rd_kafka_poll(producer, 100);
    printf("{\"operations\": %lld, \"seconds\": %.3f, \"client_cpu_us\": %lld}\n", (long long)wanted,
           (double)(monotonic_us() - began) / 1e6, (long long)(cpu_us() - cpu));
    rd_kafka_topic_partition_list_destroy(begin);
    rd_kafka_topic_partition_list_destroy(ends);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
}
