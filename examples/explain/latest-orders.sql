select id, status, cents, created_at
from orders
where customer_id = $1
order by created_at desc
limit 10
