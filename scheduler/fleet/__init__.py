"""The same cycle on many machines: one schedules, any number crawl and publish; PostgreSQL holds store and queue.

`dispatch` lets due sources wait in the queue as jobs, `job` is what a worker does with
them, `queue` and `schema` wrap procrastinate, `worker` and `daemon` are the two that run.
"""
