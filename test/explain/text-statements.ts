/** Tables of the statements below; names that must be quoted, partitions, triggers and generated rows among them. */
export const textSchema = `
create table customers (id int primary key, country text not null, note text);
create table orders (id int primary key, customer_id int not null references customers (id), status text, total int, tags int[]);
create table "Odd ""Name" ("When" int primary key, "a b" text);
create table parts (y int not null, v int) partition by range (y);
create table parts_20 partition of parts for values from (2020) to (2021);
create table parts_21 partition of parts for values from (2021) to (2022);
create table parts_22 partition of parts for values from (2022) to (2023);
create table log (id int, at text);
insert into customers select n, case when n % 7 = 0 then 'de' else 'fr' end, repeat('n', n % 50) from generate_series(1, 1000) n;
insert into orders select n, 1 + n % 1000, case when n % 50 = 0 then 'new' else 'done' end, n * 7919 % 1000, array[n % 10]
  from generate_series(1, 8000) n;
insert into "Odd ""Name" select n, 'x' from generate_series(1, 50) n;
insert into parts select 2020 + n % 3, n from generate_series(1, 1200) n;
create index orders_customer on orders (customer_id);
create index orders_total on orders (total, id);
create index orders_tags on orders using gin (tags);
create view spent as select customer_id, sum(total) as total from orders group by customer_id;
create function noted() returns trigger language plpgsql as 'begin insert into log values (new.id, ''x''); return new; end';
create trigger noted after update on orders for each row execute function noted();
create function few(int) returns setof int language sql rows 3 stable as 'select generate_series(1, $1)';`

/** Statements whose plans have, together, every part that the text format of PostgreSQL prints in a way of its own. */
export const textStatements: readonly string[] = [
  'select 1',
  'select * from orders where total = 77 and status = $$new$$',
  'select * from orders where customer_id = 7',
  'select total from orders where total between 10 and 12',
  'select id, total from orders order by total desc limit 5',
  'select * from orders where customer_id = 3 or total = 5',
  'select * from orders where tags @> array[3] and total > 900',
  'select * from orders order by status, total limit 10',
  'select * from orders order by status',
  'select * from orders order by total, status limit 50',
  'select status, count(*), array_agg(id order by total, id desc) from orders group by status',
  'select total, count(*) from orders group by rollup (total)',
  'select status, total, count(*) from orders group by grouping sets ((status), (total), ()) order by 1, 2',
  'select distinct status from orders',
  'select c.id, o.total from customers c join orders o on o.customer_id = c.id where c.country = $$de$$',
  'select c.id, o.total from customers c left join orders o on o.customer_id = c.id and o.total = c.id where c.id < 100',
  'select * from customers c where not exists (select 1 from orders o where o.customer_id = c.id and o.total > 990)',
  'select * from customers c where exists (select 1 from orders o where o.customer_id = c.id and o.total > 990)',
  'select * from customers c full join orders o on o.id = c.id where coalesce(c.id, o.id) < 50',
  'select * from customers c where c.id not in (select customer_id from orders where status = $$gone$$)',
  'select id, (select count(*) from orders o where o.customer_id = c.id and o.status = $$new$$) from customers c where id < 20',
  'select * from orders where total > (select avg(total) from orders)',
  'with q as materialized (select customer_id, count(*) n from orders group by 1) select * from q a join q b on a.n = b.n limit 9',
  'with recursive r(n) as (select 1 union all select n + 1 from r where n < 9) select * from r join customers on id = n',
  'select * from parts where y = 2021 and v < 50',
  'select * from parts where v = 5',
  'select * from parts order by v limit 3',
  'select *, row_number() over (partition by status order by total) from orders where customer_id < 20',
  'select * from generate_series(1, 10) g',
  'select * from few(5) f where f > 1',
  'select * from (values (1, $$a, (b$$), (2, $$c$$)) v(x, y) where x > 1',
  'select * from spent where total > 100',
  'select * from (select * from orders order by total limit 100) t where t.status = $$new$$',
  'select id from orders where status = $$new$$ union select id from customers',
  'select id from orders intersect select id from customers',
  'select id from orders where id < 40 union all select id from customers where id < 40',
  'select * from orders where false',
  'select * from orders where $$a$$ = current_user',
  'select * from orders where ctid = $$(0,1)$$',
  'select * from orders tablesample system (10) repeatable (1)',
  'select generate_series(1, 3), id from customers limit 3',
  'select * from customers c cross join lateral (select * from orders o where o.customer_id = c.id order by total limit 2) l where c.id < 5',
  'select o.id, c.country from orders o join customers c on c.id = o.customer_id + 0 where o.total < 20',
  'select "a b", "When" + 1 as "x, y" from "Odd ""Name" where "When" > 3 order by "a b", "When" desc',
  `select * from orders where status = $$it's "x" (SubPlan 1$$ or status like '%\\_x' or status = E'two\nlines: (and more'`,
  'select * from orders where total = 3 for update',
  'update orders set total = 1 where customer_id = 7',
  'delete from orders where customer_id = 8 and total < 500',
  'delete from customers where country = $$zz$$',
  'insert into orders select id + 100000, 1, $$new$$, 1 from customers where id < 30',
  'insert into customers values (1, $$x$$, $$y$$) on conflict (id) do update set country = excluded.country where customers.id < 5',
  'update parts set v = v + 1 where v < 10',
  'with d as (delete from orders where id = 5 returning *) select * from d',
  'merge into customers c using orders o on o.id = c.id and c.id < 9 when matched then update set note = o.status',
  'select count(*) from orders a join orders b on a.total = b.total and a.id < 300',
  'select * from xmltable($$/r/a$$ passing xml $$<r><a/></r>$$ columns a text path $$.$$) where a is null',
]

/** The same, with settings that make the server do what it seldom does over tables of this size. */
export const textSettings: Readonly<Record<string, readonly string[]>> = {
  plain: ['set max_parallel_workers_per_gather = 0'],
  parallel: [
    'set max_parallel_workers_per_gather = 2',
    'set parallel_setup_cost = 0',
    'set parallel_tuple_cost = 0',
    'set min_parallel_table_scan_size = 0',
    'set min_parallel_index_scan_size = 0',
  ],
  'little memory': ['set max_parallel_workers_per_gather = 0', `set work_mem = '64kB'`, 'set hash_mem_multiplier = 1'],
  'no hash joins': ['set max_parallel_workers_per_gather = 0', 'set enable_hashjoin = off', 'set enable_hashagg = off'],
  'no nested loops': [
    'set max_parallel_workers_per_gather = 0',
    'set enable_nestloop = off',
    'set enable_seqscan = off',
  ],
  jit: ['set max_parallel_workers_per_gather = 0', 'set jit = on', 'set jit_above_cost = 0'],
}
