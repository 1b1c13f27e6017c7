"""What we keep and what we publish: releases, topics, the store, editions, and the files made of them."""
