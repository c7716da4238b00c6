import type { Attempt } from './arena.ts'

export const SETUP = `
create table items (id integer primary key, label text, price integer);
insert into items with recursive n (n) as (select 1 union all select n + 1 from n where n < 500) select n, 'label ' || n, n from n;
create table audit (id integer primary key autoincrement, note text);
create trigger watch after update on items begin insert into audit (note) values ('trigger'); end;
create view calling as select id, effect() as called from items;
`

const one = (name: string, text: string, more: Partial<Attempt> = {}): Attempt => ({ name, text, ...more })

export const attempts: readonly Attempt[] = [
  one('a plain SELECT', 'select * from items where id = 5'),
  one('with a parameter', 'select * from items where price = ?', { values: [5] }),
  one('without its values', 'select * from items where price = ? and label = @label'),
  one('function of the application', 'select effect() from items'),
  one('function in a condition', 'select * from items where id = effect()'),
  one('view that calls it', 'select * from calling'),
  one('INSERT', "insert into audit (note) values ('y')"),
  one('INSERT … RETURNING', "insert into audit (note) values ('y') returning id"),
  one('UPDATE with a trigger', 'update items set price = 0'),
  one('DELETE', 'delete from items'),
  one('REPLACE', "replace into audit values (1, 'y')"),
  one('UPSERT', "insert into items values (1, 'a', 2) on conflict (id) do update set price = effect()"),
  one('CREATE TABLE', 'create table copied (id)'),
  one('DROP TABLE', 'drop table audit'),
  one('PRAGMA that is run when it is compiled', 'pragma user_version = 7'),
  one('PRAGMA as a table', 'select * from pragma_user_version'),
  one('ATTACH', "attach '/tmp/nonplus_safety.db' as other"),
  one('VACUUM INTO', "vacuum into '/tmp/nonplus_safety.db'"),
  one('BEGIN', 'begin immediate'),
  one('EXPLAIN inside', 'explain delete from items'),
  one('two statements', 'select 1; delete from items'),
  one('second one behind a comment', 'select 1 /* ; */ ; delete from items'),
  one('recursion without end', 'with recursive r (n) as (select 1 union all select n from r) select count(*) from r'),
]
