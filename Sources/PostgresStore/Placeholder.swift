enum PostgresStorePlaceholder {}
