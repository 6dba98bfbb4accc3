"""Who of the staff is asking, how lately they signed in, and what their roles allow."""
