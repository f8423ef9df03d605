-- How many changes of each kind are recorded: one row per trigger.
select trigger, count(*) as events, max(detected_at) as latest
from changes.events
group by trigger
order by trigger
