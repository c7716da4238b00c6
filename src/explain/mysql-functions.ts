/**
 * Functions of MySQL and MariaDB that only answer: neither of them tells by its catalog, so they are listed. What is not here
 * and no keyword is not called while nonplus explains: GET_LOCK, SLEEP, BENCHMARK, LOAD_FILE, LAST_INSERT_ID, NEXTVAL, waits
 * of replication, functions of the user's own and loadable ones.
 */
export const harmlessFunctions: ReadonlySet<string> = new Set(
  [
    'abs acos asin atan atan2 ceil ceiling conv cos cot crc32 crc32c degrees exp floor ln log log10 log2 mod oct pi pow power',
    'radians rand round sign sin sqrt tan truncate greatest least interval bit_count isnull coalesce if ifnull nullif nvl nvl2',
    'ascii bin bit_length char char_length character_length chr concat concat_ws elt export_set field find_in_set format',
    'from_base64 to_base64 hex unhex insert instr lcase left length lengthb locate lower lpad ltrim make_set mid octet_length ord',
    'position quote repeat replace reverse right rpad rtrim soundex space strcmp substr substring substring_index trim ucase upper',
    'weight_string natural_sort_key sformat to_char regexp_instr regexp_like regexp_replace regexp_substr oct decode decode_oracle',
    'adddate addtime convert_tz curdate current_date current_time current_timestamp curtime date date_add date_format date_sub',
    'datediff day dayname dayofmonth dayofweek dayofyear extract from_days from_unixtime get_format hour localtime localtimestamp',
    'last_day makedate maketime microsecond minute month monthname now period_add period_diff quarter sec_to_time second str_to_date',
    'subdate subtime sysdate time time_format time_to_sec timediff timestamp timestampadd timestampdiff to_days to_seconds',
    'unix_timestamp utc_date utc_time utc_timestamp week weekday weekofyear year yearweek add_months months_between trunc',
    'avg bit_and bit_or bit_xor count group_concat json_arrayagg json_objectagg max min std stddev stddev_pop stddev_samp sum',
    'var_pop var_samp variance any_value grouping median percentile_cont percentile_disc approx_count_distinct',
    'cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number',
    'json_array json_array_append json_array_insert json_array_intersect json_compact json_contains json_contains_path json_depth',
    'json_detailed json_equals json_exists json_extract json_insert json_keys json_length json_loose json_merge json_merge_patch',
    'json_merge_preserve json_normalize json_object json_overlaps json_pretty json_query json_quote json_remove json_replace',
    'json_schema_valid json_schema_validation_report json_search json_set json_storage_free json_storage_size json_table json_type',
    'json_unquote json_valid json_value json_key_value json_object_filter_keys json_object_to_array columns path member',
    'aes_decrypt aes_encrypt compress md5 password old_password random_bytes sha sha1 sha2 statement_digest',
    'statement_digest_text uncompress uncompressed_length uuid uuid_to_bin bin_to_uuid is_uuid sys_guid uuid_v4 uuid_v7',
    'bin_to_vector string_to_vector to_vector from_vector vector_to_string vector_dim vec_distance vec_distance_euclidean',
    'vec_distance_cosine vec_fromtext vec_totext distance',
    'inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 charset coercibility collation',
    'connection_id current_role current_user database found_rows row_count schema session_user system_user user version',
    'cast convert binary default values match against extractvalue updatexml name_const is_free_lock is_used_lock',
    'geometrycollection geomcollection linestring mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals mbrintersects',
    'mbroverlaps mbrtouches mbrwithin multilinestring multipoint multipolygon point polygon st_area st_asbinary st_asgeojson',
    'st_astext st_aswkb st_aswkt st_buffer st_centroid st_contains st_convexhull st_crosses st_difference st_dimension st_disjoint',
    'st_distance st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring st_geohash st_geomfromgeojson',
    'st_geomfromtext st_geomfromwkb st_geometrytype st_geometryn st_interiorringn st_intersection st_intersects st_isclosed',
    'st_isempty st_issimple st_isvalid st_latitude st_length st_longitude st_makeenvelope st_numgeometries st_numinteriorrings',
    'st_numpoints st_overlaps st_pointfromgeohash st_pointfromtext st_pointn st_simplify st_srid st_startpoint st_swapxy',
    'st_symdifference st_touches st_transform st_union st_within st_x st_y',
  ].flatMap((line) => line.split(' ')),
)

/** Words of the grammar that stand before a parenthesis. */
export const grammarWords: ReadonlySet<string> = new Set(
  [
    'all and any as between by case collate cross delete distinct div do dual duplicate else end escape except exists explain false for force',
    'from full group having ignore in index inner insert intersect into is join key lateral like limit natural not null of offset',
    'on or order outer over partition partitions recursive regexp returning rlike row rows select separator set some sounds straight_join',
    'table then true union unique update use using when where window with within xor filter lock low_priority replace value',
    'bigint bit char character date datetime dec decimal double enum fixed float int integer json nchar numeric nvarchar real',
    'signed smallint time timestamp tinyint unsigned varbinary varchar year vector binary',
  ].flatMap((line) => line.split(' ')),
)
