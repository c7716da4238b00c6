/** One statement each: MySQL takes several at once only where that is allowed. */
export const schema = [
  `create table products (
     id integer primary key auto_increment,
     name varchar(100) not null,
     price integer not null
   )`,
  `create table stocks (
     product_id integer primary key references products (id),
     amount integer not null
   )`,
  `create table reviews (
     id integer primary key auto_increment,
     product_id integer not null references products (id),
     stars integer not null,
     index (product_id)
   )`,
]
