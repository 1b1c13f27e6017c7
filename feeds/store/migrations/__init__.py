"""What Alembic runs: one file a version of the tables, applied once and never edited after its release."""
