// Puts jobs on a topic: as fast as it goes, or each at its due time.
//
//   produce --bootstrap B --topic T --count N --prefix P [--rate PER_SECOND | --every MS] [--first N] [--ids random]
//           [--campaign C]
//
// With --rate or --every the load is open: a job is sent when it is due whatever happens to those before it, and its record's
// timestamp is the time that it was due, so that a late producer cannot hide a delay. What falls due within two
// milliseconds goes to one partition, the partitions in turn: librdkafka makes a request of each partition's records,
// so that jobs spread by their keys would be a request each, and on a machine that all share the broker would be busier
// with them than with everything that is measured. A lone job does not wait for others. Prints a line of JSON.
#include "job.h"
#include "kafka.h"

enum { TICK_US = 2000 };

static int64_t delivered, bytes;

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    if (message->err) die("Kafka: a job was not taken: %s", rd_kafka_err2str(message->err));
    delivered += 1;
}

static void send_job(rd_kafka_t *client, const char *topic, const struct job_style *style, uint64_t nth,
                     int64_t due_ms, int32_t partition) {
    char id[JOB_ID_MAX + 1], value[JOB_MAX];
    int id_length = job_id(id, style, nth), length = job_value(value, style, id, nth);
    bytes += length;
    while (true) {
        rd_kafka_resp_err_t error = rd_kafka_producev(
            client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(id, (size_t)id_length),
            RD_KAFKA_V_VALUE(value, (size_t)length), RD_KAFKA_V_TIMESTAMP(due_ms),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (!error) return;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("Kafka: %s", rd_kafka_err2str(error));
        rd_kafka_poll(client, 10);
    }
}

static void wait_until(int64_t monotonic) {
    for (int64_t rest; (rest = monotonic - monotonic_us()) > 0;) {
        nanosleep(&(struct timespec){rest / 1000000, rest % 1000000 * 1000}, NULL);
    }
}

// When a job is due, in microseconds after the first.
static int64_t due_us(int64_t nth, int64_t rate, int64_t every_ms) {
    return every_ms ? nth * every_ms * 1000 : nth * 1000000 / rate;
}

int main(int count, char **arguments) {
    const char *topic = need(count, arguments, "topic");
    int64_t jobs = number(count, arguments, "count", 1), first = number(count, arguments, "first", 1);
    int64_t rate = number(count, arguments, "rate", 0), every_ms = number(count, arguments, "every", 0);
    bool is_timed = rate || every_ms;
    struct job_style style = {
        .prefix = need(count, arguments, "prefix"),
        .random_ids = strcmp(option(count, arguments, "ids", "sequential"), "random") == 0,
        .campaign = option(count, arguments, "campaign", NULL),
    };
    rd_kafka_conf_t *conf = kafka_conf(need(count, arguments, "bootstrap"));
    kafka_set(conf, "enable.idempotence", "true");
    kafka_set(conf, "linger.ms", is_timed ? "0" : "20");
    kafka_set(conf, "queue.buffering.max.messages", "200000");
    // The default of Java clients, so that a CRM's jobs would lie in the same partitions.
    kafka_set(conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *client = kafka_client(RD_KAFKA_PRODUCER, conf);
    // Connected and asked for an id before the first job is due.
    rd_kafka_topic_partition_list_t *partitions = kafka_partitions(client, topic, 0);
    int32_t partition_count = partitions->cnt, turn = 0;
    rd_kafka_topic_partition_list_destroy(partitions);
    if (is_timed) rd_kafka_poll(client, 300);

    int64_t began = monotonic_us(), wall = wall_us(), worst = 0, sent_at = -TICK_US;
    for (int64_t i = 0; !is_timed && i < jobs; i++) {
        send_job(client, topic, &style, (uint64_t)(first + i), wall_us() / 1000, RD_KAFKA_PARTITION_UA);
        rd_kafka_poll(client, 0);
    }
    for (int64_t i = 0; is_timed && i < jobs;) {
        int64_t due = due_us(i, rate, every_ms), at = due > sent_at + TICK_US ? due : sent_at + TICK_US;
        rd_kafka_poll(client, 0);
        wait_until(began + at);
        sent_at = monotonic_us() - began;
        if (sent_at - at > worst) worst = sent_at - at;
        for (; i < jobs && (due = due_us(i, rate, every_ms)) <= sent_at; i++) {
            send_job(client, topic, &style, (uint64_t)(first + i), (wall + due) / 1000, turn);
        }
        turn = (turn + 1) % partition_count;
    }
    rd_kafka_resp_err_t error = rd_kafka_flush(client, 60000);
    if (error || delivered != jobs) die("Kafka: %lld of %lld jobs were taken", (long long)delivered, (long long)jobs);
    printf("{\"jobs\": %lld, \"seconds\": %.3f, \"bytes_per_job\": %.1f, \"worst_lateness_ms\": %.1f, "
           "\"cpu_us\": %lld}\n", (long long)jobs, (double)(monotonic_us() - began) / 1e6, (double)bytes / (double)jobs, (double)worst / 1e3,
           (long long)cpu_us());
    rd_kafka_destroy(client);
}
