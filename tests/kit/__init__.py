"""What tests are made with: a shop whose clock, ids and passwords are theirs."""
