-- Two roles for one database: the owner makes and upgrades the tables, the other one works and can drop nothing.
-- As a superuser, in the database that is to hold the store:  psql -d baywire -f roles.sql
-- Then passwords (\password baywire_owner, \password baywire), and the tables, as their owner:
--   BAYWIRE_STORE_URL=postgresql://baywire_owner@HOST/baywire baywire run --fleet --migrate
-- Scheduler and workers are baywire. After an upgrade of baywire its owner migrates first.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baywire_owner') THEN
        CREATE ROLE baywire_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baywire') THEN
        CREATE ROLE baywire LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO baywire_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO baywire', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO baywire_owner;
GRANT USAGE ON SCHEMA public TO baywire;
-- What there is already, and what the owner will make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO baywire;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO baywire;
ALTER DEFAULT PRIVILEGES FOR ROLE baywire_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO baywire;
ALTER DEFAULT PRIVILEGES FOR ROLE baywire_owner IN SCHEMA public
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO baywire;
