select id, status, cents, note, created_at
from orders
where customer_id = $1
order by created_at desc
limit 10
