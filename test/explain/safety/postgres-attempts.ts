import type { Attempt } from './arena.ts'

/** Role that row level security holds for; roles belong to the whole server, so the name is one of its own. */
export const READER = 'nonplus_safety_reader'

export const SETUP = `
create table items (id int primary key, label text, price numeric, kind text);
insert into items select n, 'label ' || n, n, case when n % 2 = 0 then 'even' else 'odd' end from generate_series(1, 2000) n;
create table audit (id serial primary key, note text);
create sequence counter;

create function write_volatile() returns int language plpgsql as $$ begin insert into audit (note) values ('x'); return 1; end $$;
create function write_stable() returns int language plpgsql stable as $$ begin return write_volatile(); end $$;
create function write_immutable(int) returns int language plpgsql immutable as $$ begin return write_volatile(); end $$;
create function write_inlined() returns int language sql as $$ select write_stable() $$;
create function lock_stable() returns int language plpgsql stable as $$ begin perform pg_advisory_lock(4711); return 1; end $$;
create function lock_immutable(text) returns text language plpgsql immutable as $$ begin perform pg_advisory_lock(4712); return $1; end $$;
create function sleep_stable() returns int language plpgsql stable as $$ begin perform pg_sleep(30); return 1; end $$;
create function undying_stable() returns int language plpgsql stable as $$ begin
  for n in 1 .. 20 loop begin perform pg_sleep(1); exception when query_canceled then null; end; end loop; return 1; end $$;
create function text_stable() returns int language plpgsql stable as $$ begin execute 'select pg_advisory_lock(4713)'; return 1; end $$;
create function file_stable() returns int language plpgsql stable as $$ begin
  copy (select 1) to program 'cat > /tmp/nonplus_safety_$(id -u)'; return 1; end $$;
create function nested_stable() returns int language sql stable as $$ select lock_stable() + 1 $$;
create function harmless_stable(int) returns int language sql stable as $$ select count(*)::int from items where id = $1 $$;
create function handler() returns trigger language plpgsql as $$ begin insert into audit (note) values ('trigger'); return new; end $$;

create view writing_view as select id, write_stable() as written from items;
create view locking_view as select * from items where price = lock_stable();
create view view_of_view as select * from locking_view;
create function reads_view() returns bigint language sql stable as $$ select count(*) from locking_view $$;

create table guarded (id int primary key, owner int);
insert into guarded select n, n % 10 from generate_series(1, 500) n;
alter table guarded enable row level security;
create policy mine on guarded using (owner = lock_stable());
grant all on all tables in schema public to ${READER};

create domain checked as int check (write_immutable(value) > 0);
create type celsius as (degrees int);
create function to_celsius(int) returns celsius language plpgsql as $$ begin perform write_volatile(); return row($1)::celsius; end $$;
create cast (int as celsius) with function to_celsius(int);
create function same(text, int) returns boolean language plpgsql as $$ begin perform pg_advisory_lock(4714); return $1 = $2::text; end $$;
create operator === (leftarg = text, rightarg = int, function = same, restrict = eqsel);
create function add_up(int, int) returns int language plpgsql as $$ begin perform write_volatile(); return $1 + $2; end $$;
create aggregate add_all (int) (sfunc = add_up, stype = int, initcond = '0');

create table indexed (id int, label text);
create index indexed_label on indexed (lock_immutable(label));
create table defaulted (id int default write_immutable(1), label text default lock_immutable('x'));
create table computed (a int, b int generated always as (write_immutable(a)) stored);
create table constrained (a text check (lock_immutable('x') = a));
create table ruled (id int);
create rule also as on insert to ruled do also insert into audit (note) values ('rule');
create trigger watch before insert or update on items for each row execute function handler();
create table held (id int primary key);
insert into held values (1);
analyze;
`

const one = (name: string, text: string, more: Partial<Attempt> = {}): Attempt => ({ name, text, ...more })

export const attempts: readonly Attempt[] = [
  one('a plain SELECT', 'select * from items where id = 5'),
  one('with a parameter', 'select * from items where id = $1', { values: [5] }),
  one('a function that only reads', 'select * from items where id = harmless_stable(5)'),
  one('VOLATILE writer in the select list', 'select write_volatile() from items'),
  one('STABLE function that calls a writer', 'select * from items where id = write_stable()'),
  one('the same with a parameter beside it', 'select * from items where id = write_stable() and price > $1', {
    values: [1],
  }),
  one('the same in a generic plan', 'select * from items where id = write_stable() and price > $1'),
  one('IMMUTABLE function that writes', 'select * from items where id = write_immutable(1)'),
  one('SQL function that is put in place and holds a STABLE writer', 'select * from items where id = write_inlined()'),
  one('function called as a column', 'select (c).to_celsius from (select 1 as c) q'),
  one('name in double quotes', 'select * from items where id = "write_stable"()'),
  one('name in Unicode escapes', 'select * from items where id = U&"\\0077rite_stable"()'),
  one('qualified name', 'select * from items where id = public.write_stable()'),
  one('STABLE function that takes an advisory lock', 'select * from items where id = lock_stable()'),
  one('two functions deep', 'select * from items where id = nested_stable()'),
  one('function that reads a locking view', 'select * from items where id = reads_view()'),
  one('STABLE function that runs a text', 'select * from items where id = text_stable()'),
  one('STABLE function that writes a file', 'select * from items where id = file_stable()'),
  one('STABLE function that sleeps', 'select * from items where id = sleep_stable()'),
  one('function that catches the cancel of its timeout', 'select * from items where id = undying_stable()'),
  one('function in LIMIT', 'select * from items limit lock_stable()'),
  one('view over a writer', 'select * from writing_view'),
  one('view with a locking condition', 'select * from locking_view'),
  one('view over that view', 'select count(*) from view_of_view'),
  one('policy of row level security that locks', 'select * from guarded', { session: [`set role ${READER}`] }),
  one('domain whose check writes', 'select 5::checked'),
  one('cast by a function that writes', 'select 5::celsius'),
  one('operator whose function locks', 'select * from items where kind === 5'),
  one('aggregate whose function writes', 'select add_all(id) from items'),
  one('index on an expression that locks', "select * from indexed where lock_immutable(label) = lock_immutable('x')"),
  one('default that writes', 'insert into defaulted default values'),
  one('generated column that writes', 'insert into computed (a) values (1)'),
  one('CHECK that locks', "select * from constrained where a = 'y'"),
  one('rule that writes', 'insert into ruled values (1)'),
  one('UPDATE with a trigger', 'update items set price = 0 where id < 10'),
  one('DELETE', 'delete from items'),
  one('INSERT … RETURNING', "insert into audit (note) values ('y') returning id"),
  one('MERGE', 'merge into items i using guarded g on g.id = i.id when matched then delete'),
  one('data-modifying CTE', 'with gone as (delete from items returning *) select count(*) from gone'),
  one(
    'data-modifying CTE in a subquery',
    'with w as (insert into audit (note) select label from items returning id) select 1',
  ),
  one('SELECT … FOR UPDATE', 'select * from items where id = 1 for update'),
  one('SELECT … FOR KEY SHARE in a subquery', 'select * from (select * from items where id = 1 for key share) q'),
  one('advisory lock', 'select pg_advisory_lock(42)'),
  one('advisory lock per row', 'select pg_try_advisory_lock(id) from items'),
  one('nextval', "select nextval('counter')"),
  one('setval', "select setval('counter', 1000)"),
  one('pg_sleep', 'select pg_sleep(30)'),
  one('pg_notify', "select pg_notify('channel', 'x')"),
  one('set_config', "select set_config('transaction_read_only', 'off', false)"),
  one('large object', 'select lo_create(4711)'),
  one(
    'pg_terminate_backend',
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nonplus victim'",
  ),
  one('file of the server', "select pg_read_file('/etc/hostname')"),
  one('query_to_xml', "select query_to_xml('select write_volatile()', true, true, '')"),
  one('table_to_xml of a view', "select * from items where label = table_to_xml('locking_view', true, true, '')::text"),
  one('ts_stat', "select * from ts_stat('select to_tsvector(pg_advisory_lock(43)::text)')"),
  one('transaction number', 'select txid_current()'),
  one('recursion without end', 'with recursive r as (select 1 as n union all select n from r) select count(*) from r'),
  one('product of the table with itself', 'select count(*) from items a, items b, items c, items d'),
  one('table that somebody else has locked', 'select * from held'),
  one('CREATE TABLE AS', 'create table copied as select * from items'),
  one('CREATE TEMPORARY TABLE AS', 'create temp table copied as select * from items'),
  one('CREATE MATERIALIZED VIEW', 'create materialized view copied as select * from items'),
  one('SELECT INTO', 'select * into copied from items'),
  one('SELECT INTO behind a function named replace', "select replace(label, 'a', 'b') into copied from items"),
  one('TRUNCATE', 'truncate audit'),
  one('DO', 'do $$ begin perform write_volatile(); end $$'),
  one('CALL', 'call no_such_procedure()'),
  one('COPY', "copy (select write_volatile()) to '/tmp/nonplus_safety_copy'"),
  one('DECLARE CURSOR', 'declare c cursor for select write_volatile()'),
  one('EXECUTE of a prepared statement', 'execute prepared_before'),
  one('EXPLAIN ANALYZE inside', 'explain analyze delete from items'),
  one('ANALYZE as the first word', 'analyze delete from items'),
  one('options in parentheses', '(analyze) delete from items'),
  one('two statements', 'select 1; delete from items'),
  one('COMMIT first', 'commit; delete from items'),
  one('second one behind a comment', 'select 1 /* ; */ ; delete from items'),
  one('second one behind a nested comment', 'select 1 /* /* */ ; */ ; delete from items'),
  one('second one behind a dollar quote', 'select $q$ ; $q$ ; delete from items'),
  one('second one behind an escape', "select E'\\'' ; delete from items; --'"),
  one('second one behind a backslash of old strings', "select '\\'; delete from items; --'", {
    session: ['set standard_conforming_strings = off'],
  }),
  one('VOLATILE call behind a backslash of old strings', "select '\\', write_stable(), '' from items where id = 1", {
    session: ['set standard_conforming_strings = off'],
  }),
  one('session that turns READ ONLY off', 'select * from items where id = write_volatile()', {
    session: ['set transaction read write', 'set default_transaction_read_only = off'],
  }),
  one('session that turns it off by set_config', 'select write_volatile()', {
    session: ["select set_config('transaction_read_only', 'off', false)"],
  }),
  one('session that writes', 'select 1', { session: ['select write_volatile()'] }),
  one('session of two statements', 'select 1', { session: ['set search_path = public; delete from items'] }),
  one('session that turns timeouts off', 'select * from held', {
    session: [
      'set statement_timeout = 0',
      'set lock_timeout = 0',
      "select set_config('statement_timeout', '0', false)",
    ],
  }),
]
