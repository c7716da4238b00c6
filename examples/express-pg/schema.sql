create table users (
  id integer generated always as identity primary key,
  name text not null,
  bio text not null,
  post_count integer not null default 0
);

create table posts (
  id integer generated always as identity primary key,
  author_id integer not null references users,
  title text not null,
  body text not null,
  published_at timestamptz not null default now()
);

create table comments (
  id integer generated always as identity primary key,
  post_id integer not null references posts,
  author_id integer not null references users,
  body text not null
);

create table reactions (
  id integer generated always as identity primary key,
  comment_id integer not null references comments,
  user_id integer not null references users,
  emoji text not null
);

create table settings (
  key text primary key,
  value text not null
);

create index on posts (published_at);
create index on posts (author_id);
create index on comments (post_id);
create index on reactions (comment_id);
