-- 2 queries
select id, title, author_id from posts order by id
select id, name from authors where id in (?)
