#pragma once
#include <postgresql/libpq-fe.h>

// Macros over character constants, which Swift imports as the wrong type or not at all.
static inline const char *usher_pq_sqlstate(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SQLSTATE); }
static inline const char *usher_pq_message(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY); }
static inline const char *usher_pq_constraint(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME); }
static inline const char *usher_pq_routine(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION); }
