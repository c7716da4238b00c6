/**
 * Functions of PostgreSQL itself that are VOLATILE and yet only answer. All others that are VOLATILE may write, wait, lock,
 * read files or run a text, and are not executed.
 */
export const harmlessVolatile: ReadonlySet<string> = new Set(
  (
    'random random_normal clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 currval lastval ' +
    'pg_database_size pg_tablespace_size pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size ' +
    'pg_current_logfile pg_is_in_recovery pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_current_wal_lsn ' +
    'pg_blocking_pids pg_lock_status pg_get_replication_slots pg_partition_tree pg_available_extensions'
  ).split(' '),
)

/** Functions of PostgreSQL itself that are STABLE or IMMUTABLE and yet run a text, or take something. */
export const harmfulStable: ReadonlySet<string> = new Set(
  (
    'table_to_xml table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema ' +
    'schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema database_to_xml_and_xmlschema ' +
    'query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ' +
    'ts_stat ts_rewrite txid_current pg_current_xact_id pg_sleep pg_sleep_for pg_sleep_until'
  ).split(' '),
)

/** Functions of extensions that are VOLATILE and yet only answer. */
export const harmlessInExtensions: ReadonlySet<string> = new Set(
  'uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_random_uuid gen_salt word_similarity'.split(
    ' ',
  ),
)

/** Extensions that reach out of the database, whatever their functions are declared as. */
export const reachingExtensions: ReadonlySet<string> = new Set(
  'dblink http pg_net pg_cron pg_background pgagent adminpack file_fdw plsh aws_s3 aws_lambda aws_commons amcheck'.split(
    ' ',
  ),
)

/**
 * Words that a body may not hold where it is to be executed: statements that write or run a text, and those that READ ONLY
 * lets through. EXCEPTION is among them because a handler may catch the cancel of a timeout, and go on for ever.
 */
export const harmfulWords: ReadonlySet<string> = new Set(
  (
    'insert update delete merge truncate copy call do lock notify listen execute prepare set reset commit rollback ' +
    'exception query_canceled import load create alter drop discard vacuum cluster reindex refresh'
  ).split(' '),
)

/** Operators that are not written: of IN, BETWEEN, LIKE, ORDER BY, DISTINCT and joins. */
export const unwrittenOperators: readonly string[] = '= <> < > <= >= ~~ !~~ ~~* !~~*'.split(' ')
