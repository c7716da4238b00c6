create table customers (
  id integer generated always as identity primary key,
  name text not null
);

create table orders (
  id integer generated always as identity primary key,
  customer_id integer not null references customers,
  month date not null,
  cents integer not null
);

create index on orders (month);
create index on orders (customer_id);
