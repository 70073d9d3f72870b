//! Privacy: the gate and the data inventory.
