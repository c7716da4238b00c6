drop table if exists orders, customers;

create table customers (
  id int generated always as identity primary key,
  name text not null
);

create table orders (
  id int generated always as identity primary key,
  customer_id int not null references customers,
  status text not null,
  cents int not null,
  note text not null,
  created_at timestamptz not null
);
