/** Statements whose plans are kept, by the name of their case; of one engine alone where another has another text. */
export const explainedSql: Readonly<Record<string, string>> = {
  'lossy-bitmap': 'select sum(value) from reading where sensor = $1',
  'exact-bitmap': 'select sum(value) from reading where sensor = $1',
  'not-in-subplan':
    'select count(*) from orders where total > $1 and customer_id not in (select customer_id from blocked)',
  'not-in-hashed':
    'select count(*) from orders where total > $1 and customer_id not in (select customer_id from blocked)',
  'nested-loop-lateral':
    'select c.id, o.total from customers c cross join lateral (select total from orders where customer_id = c.id order by created_at desc limit 1) o where c.id <= $1',
  'nested-loop-or':
    'select l.id, p.id from lead l join person p on p.email = l.email or p.phone = l.phone where l.id > $1',
  'nested-loop-range':
    'select e.id, b.id from event e join band b on e.value >= b.low and e.value <= b.high where e.id > $1',
  'hash-spill':
    'select count(*), max(c.email) from orders o join customers c on c.id = o.customer_id where o.total > $1',
  'hash-aggregate-spill': 'select customer_id, count(*), sum(total) from orders where total > $1 group by customer_id',
  'materialize-spill':
    'with o as materialized (select id, customer_id, note from orders where total > $1) select (select count(*) from o), (select max(customer_id) from o)',
  'order-spill-with-index': 'select * from orders where status = $1 order by created_at',
  'workers-not-launched': 'select count(*), sum(total) from orders where length(note) > $1',
  'workers-launched': 'select count(*), sum(total) from orders where length(note) > $1',
  serialization: 'select * from document where id > $1',
  'serialization-small': 'select id from orders where note like $1',
  'planning-dominates': 'select value from measure where id = $1',
  'mis-estimate-sort': 'select * from addr where country=$1 and city=$2 and zip=$3 order by note, id',
  'mis-estimate-single': 'select count(*) from item i join part p on p.item_id = i.id where substr(i.tags, 1, 5) = $1',
  'subplan-exists':
    "select id, exists(select 1 from orders o where o.customer_id = c.id and o.total > $1) from customers c where c.id <= 500 or c.country = 'XX'",
  'subplan-small-table':
    'select id, (select name from country where code = c.country) from customers c where c.id <= $1',
  'subplan-indexed-many':
    'select c.id, (select sum(o.total) from orders o where o.customer_id=c.id) from customers c where c.id > $1',
  'parameter-sensitive': 'select * from jobs where state = $1',
  'parameter-stable': 'select * from orders where customer_id = $1',
  'cartesian-join': "select count(*) from customers c, orders o where c.country=$1 and o.status='done'",
  'cross-one-row': 'select o.id, o.total * (1 + s.vat) from orders o cross join setting s where o.total > $1',
  'mysql:cartesian-join': "select count(*) from customers c, orders o where c.country='US' and o.status='done'",
  'mysql:nested-loop-join':
    "select c.email, o.total from customers c join orders o on o.customer_id = c.id + 0 where c.country = 'US'",
  'mysql:nested-loop-range':
    'select e.id, b.id from event e join band b on e.value >= b.low and e.value <= b.high where e.id > 0',
  'mysql:nested-loop-lateral':
    'select c.id, o.total from customers c join lateral (select total from orders where customer_id = c.id order by created_at desc limit 1) o where c.id <= 200',
  'mysql:disk-spill': 'select id, total, note from orders order by total, note',
  'mysql:subplan-exists':
    "select c.id from customers c where c.id <= 500 and (c.country = 'XX' or not exists (select 1 from orders o where o.customer_id = c.id and o.total > 400))",
  'mysql:mis-estimate':
    'select count(*) from addr a join visit v on v.person_id = a.person where a.country=1 and a.city=7 and a.zip=15',
  'mysql:not-in-list': 'select count(*) from orders where customer_id not in (select customer_id from blocked)',
  'mysql:parameter-sensitive': "select * from jobs where state = 'x'",
  'mysql:indexed-subquery':
    'select c.id, (select max(o.total) from orders o where o.customer_id = c.id) m from customers c where c.id <= 500',
  'sqlite:cartesian-join': 'select count(*) from customers c, orders o where c.country=? and o.status=?',
  'sqlite:nested-loop-automatic-index':
    'select c.email, sum(o.total) from customers c left join orders o on o.customer_id = c.id where c.country = ? group by c.id',
  'sqlite:nested-loop-range':
    'select e.id, b.id from event e join band b on e.value >= b.low and e.value <= b.high where e.id > ?',
  'sqlite:not-in-list':
    'select count(*) from orders where total > ? and customer_id not in (select customer_id from blocked)',
  'sqlite:not-in-correlated':
    'select count(*) from orders o where total > ? and customer_id not in (select customer_id from blocked b where b.status = o.status)',
  'sqlite:subplan-exists':
    "select id from customers c where c.id <= ? and (country = 'XX' or not exists (select 1 from orders o where o.customer_id = c.id and o.total > 400))",
  'sqlite:parameter-sensitive': 'select * from jobs where state = ?',
  'sqlite:stale-statistics': 'select * from orders where customer_id = ? and status = ?',
  'pg01-missing-eq-index': 'select * from orders where customer_id = $1',
  'pg02-eq-plus-range': 'select * from orders where customer_id = $1 and created_at >= $2',
  'pg04-wrong-index-order-by-limit': 'select * from orders where status = $1 order by created_at desc limit 20',
  'pg05-disk-sort': 'select id,total,note from orders order by total, note',
  'pg07-correlated-columns':
    'select count(*) from addr a join person p on p.id=a.person join visit v on v.person_id=p.id where a.country=$1 and a.city=$2 and a.zip=$3',
  'pg08-stale-stats': 'select count(*) from events where kind=$1 and at > $2',
  'pg10-large-offset': 'select * from orders order by id limit 20 offset $1',
  'pg11-function-on-column': 'select * from customers where lower(email) = $1',
  'pg13-leading-wildcard': 'select * from customers where email like $1',
  'pg15-correlated-subquery':
    'select c.id,(select count(*) from orders o where o.customer_id=c.id) from customers c where c.id <= $1',
  'pg18-jit-overhead':
    'select sum(total*1.1),avg(length(note)),count(distinct status) from orders where total>1 and length(note)>$1',
  'pg19-parameter-sensitive': 'select * from jobs where state = $1',
  'pg23-cartesian': 'select count(*) from customers c, orders o where c.country=$1 and o.status=$2',
  'pg25-update-seqscan': 'update orders set total = total + 1 where status = $1 and created_at < $2',
  'pgn1-small-table': 'select * from cfg where k = $1',
  'pgn2-low-selectivity': 'select * from orders where status = $1',
  'pgn4-good-nested-loop': 'select c.email,o.id from customers c join orders o on o.customer_id=c.id where c.id=$1',
  'my01-missing-eq-index': 'select * from orders where customer_id = 77',
  'my02-filesort': "select * from orders where status='pending' order by created_at desc limit 10",
  'my04-type-conversion': 'select * from customers where email = 5',
  'my05-dependent-subquery':
    'select c.id,(select count(*) from orders o where o.customer_id=c.id) n from customers c where c.id<=100',
  'my07-large-offset': 'select * from orders order by id limit 20 offset 50000',
  'my10-update-full-scan': "update orders set total=total+1 where note='nope'",
  'myn1-small-table': "select * from cfg where k='7'",
  'sl01-scan': 'select * from orders where customer_id = ?',
  'sl02-temp-btree-order': 'select * from orders where status=? order by created_at desc limit 10',
  'sl04-correlated':
    'select c.id,(select count(*) from orders o where o.customer_id=c.id) from customers c where c.id<=?',
  'sl05-or': 'select * from orders where customer_id=? or total=?',
  'sln1-pk': 'select * from orders where id=?',
}
