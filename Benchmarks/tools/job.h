// Jobs as a CRM writes them: 700 to 900 bytes, customer data in them, no two alike.
#pragma once
#include "common.h"

struct job_style {
    const char *prefix;    // order ids are PREFIX-000001 and so on …
    bool random_ids;       // … or 24 random letters
    const char *campaign;  // NULL for none
};

enum { JOB_ID_MAX = 50, JOB_MAX = 2048 };

// Sixteen letters. Digits at random would now and then look like a card number, which Usher refuses.
static inline const char *letters(char out[17], uint64_t value) {
    for (int i = 0; i < 16; i++) out[i] = "abcdefghkmnprstu"[value >> (4 * i) & 15];
    out[16] = 0;
    return out;
}

static inline int job_id(char *out, const struct job_style *style, uint64_t number) {
    if (!style->random_ids)
        return snprintf(out, JOB_ID_MAX + 1, "%s-%06llu", style->prefix, (unsigned long long)number);
    uint64_t seed = hash_bytes(style->prefix, strlen(style->prefix));
    uint64_t high = mix(seed ^ number), low = mix(high ^ seed ^ 0x5bd1e995);
    char one[17], other[17];
    return snprintf(out, JOB_ID_MAX + 1, "%s%.8s", letters(one, high), letters(other, low));
}

// Writes the job's value and returns its length. `out` holds JOB_MAX bytes.
static inline int job_value(char *out, const struct job_style *style, const char *id, uint64_t number) {
    static const char *first_names[] = {
        "Jane", "Zo\u00eb", "Marcus", "Agnieszka", "Ivan", "Mar\u00eda", "Li", "Fatima"};
    static const char *last_names[] = {
        "Roe", "M\u00fcller", "Van den Berg", "Kowalska", "Petrov", "Garc\u00eda", "Wei", "Haddad"};
    static const char *cities[] = {
        "London", "Berlin", "Amsterdam", "Warszawa", "Sofia", "Madrid", "Singapore", "Paris"};
    uint64_t dice = mix(number);
    const char *first = first_names[dice & 7], *last = last_names[dice >> 3 & 7], *city = cities[dice >> 6 & 7];
    char campaign[160] = "", reference[17], lead[17];
    if (style->campaign) snprintf(campaign, sizeof campaign, "\"campaign\":\"%s\",", style->campaign);
    int length = snprintf(
        out, JOB_MAX,
        "{\"order_id\":\"%s\",\"agent_name\":\"Sales - Andrew Swift\",\"intent\":\"payment\",\"currency\":\"EUR\","
        "\"amount\":%u,\"balance\":%u,\"cid\":\"c-%08x\",\"locale\":\"en-GB\",%s\"customer_data\":{\"country\":\"GB\","
        "\"first_name\":\"%s\",\"last_name\":\"%s\",\"dob\":\"0%u/1%u/19%u\",\"email\":\"customer.%08x@example.com\","
        "\"phone\":\"4420%08u\",\"zip\":\"SW1A 1A%c\",\"city\":\"%s\",\"address\":\"%u High Street\",\"profile\":1},"
        "\"validation_url\":\"https://crm.example.com/cashier/validate\","
        "\"notification_url\":\"https://crm.example.com/cashier/notify\","
        "\"return_url\":\"https://crm.example.com/done?status={{transaction.status}}&ref=%s\","
        "\"variable1\":\"desk %u\",\"variable2\":\"lead-%s\",\"variable3\":\"list %s, wave %u\"}",
        id, (unsigned)(1000 + dice % 900000), (unsigned)(dice >> 20 & 0xfffff), (unsigned)(dice >> 32), campaign, first,
        last, (unsigned)(1 + dice % 9), (unsigned)(dice >> 5 & 7), (unsigned)(40 + dice % 60), (unsigned)(dice >> 24),
        (unsigned)(dice >> 10) % 100000000, (char)('A' + dice % 26), city, (unsigned)(1 + dice % 300),
        letters(reference, mix(dice)), (unsigned)(dice % 40), letters(lead, mix(dice + 1)), style->prefix,
        (unsigned)(dice % 9));
    if (length >= JOB_MAX) die("a job of %d bytes", length);
    return length;
}
