"""What others do, implemented fairly, to be judged beside the hub on the same reads."""
