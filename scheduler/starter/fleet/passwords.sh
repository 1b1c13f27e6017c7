#!/bin/sh
# Run once by the database's container, after roles.sql: the roles get the passwords of the two files.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
    -v owner="$(cat /run/secrets/owner)" -v worker="$(cat /run/secrets/worker)" <<'SQL'
ALTER ROLE baywire_owner PASSWORD :'owner';
ALTER ROLE baywire PASSWORD :'worker';
SQL
