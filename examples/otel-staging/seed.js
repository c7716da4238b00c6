const { Client } = require('pg')

async function seed() {
  const client = new Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  await client.query(`
    create table categories (id int primary key, discount int not null);
    create table products (id int primary key, price int not null, category_id int not null references categories);
    create table cart_items (product_id int primary key references products, quantity int not null);
    insert into categories select n, n from generate_series(1, 12) n;
    insert into products select n, 100 + n, n from generate_series(1, 12) n;
    insert into cart_items select n, 1 + n % 3 from generate_series(1, 12) n;`)
  await client.end()
  console.log('seeded 12 products in 12 categories')
}

seed()
